#pragma once

#include <cstdint>

#include "kernels/cuda/decode/text_words.hpp"
#include "kernels/cuda/key_dictionary_ref.hpp"
#include "kernels/hd.hpp"

namespace sluice::cuda {

/// XXH3's 128-bit hash with a seed, of texts of at most 240 bytes (xxHash specification, version
/// 0.2.0, "XXH3 algorithm"): what ingest/key.hpp identifies strings by, without the library.
class TextHash {
 public:
  static constexpr std::uint32_t longest = 240;

  /// `bytes` is aligned to 8; up to 16 bytes behind the text are read.
  SLUICE_HD TextHash(const char* bytes, std::uint32_t begin, std::uint32_t length,
                     std::uint64_t seed) noexcept
      : bytes_(bytes), begin_(begin), length_(length), seed_(seed) {}

  SLUICE_HD KeyIdentity operator()() const noexcept {
    if (length_ > 128) return of_129_to_240();
    if (length_ > 16) return of_17_to_128();
    if (length_ > 8) return of_9_to_16();
    if (length_ >= 4) return of_4_to_8();
    return length_ > 0 ? of_1_to_3() : of_none();
  }

 private:
  static constexpr std::uint64_t prime32_2 = 0x85EB'CA77u;
  static constexpr std::uint64_t prime64_1 = 0x9E37'79B1'85EB'CA87u;
  static constexpr std::uint64_t prime64_2 = 0xC2B2'AE3D'27D4'EB4Fu;
  static constexpr std::uint64_t prime64_3 = 0x1656'67B1'9E37'79F9u;
  static constexpr std::uint64_t prime64_4 = 0x85EB'CA77'C2B2'AE63u;
  static constexpr std::uint64_t mixer_1 = 0x1656'6791'9E37'79F9u;
  static constexpr std::uint64_t mixer_2 = 0x9FB2'1C65'1E98'DF25u;

  struct Halves {
    std::uint64_t low;
    std::uint64_t high;
  };

  SLUICE_HD static Halves product(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide wide = static_cast<Wide>(a) * b;
    return {static_cast<std::uint64_t>(wide), static_cast<std::uint64_t>(wide >> 64)};
  }
  SLUICE_HD static std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
    const Halves both = product(a, b);
    return both.low ^ both.high;
  }
  SLUICE_HD static std::uint64_t avalanche(std::uint64_t hash) noexcept {
    hash = (hash ^ hash >> 37) * mixer_1;
    return hash ^ hash >> 32;
  }
  SLUICE_HD static std::uint64_t long_avalanche(std::uint64_t hash) noexcept {
    hash = (hash ^ hash >> 33) * prime64_2;
    hash = (hash ^ hash >> 29) * prime64_3;
    return hash ^ hash >> 32;
  }

  /// Eight bytes of the algorithm's default secret, from any of its first 184 bytes on.
  SLUICE_HD static std::uint64_t secret(std::uint32_t at) noexcept {
    static constexpr std::uint64_t words[] = {
        0xbe4ba423396cfeb8u, 0x1cad21f72c81017cu, 0xdb979083e96dd4deu, 0x1f67b3b7a4a44072u,
        0x78e5c0cc4ee679cbu, 0x2172ffcc7dd05a82u, 0x8e2443f7744608b8u, 0x4c263a81e69035e0u,
        0xcb00c391bb52283cu, 0xa32e531b8b65d088u, 0x4ef90da297486471u, 0xd8acdea946ef1938u,
        0x3f349ce33f76faa8u, 0x1d4f0bc7c7bbdcf9u, 0x3159b4cd4be0518au, 0x647378d9c97e9fc8u,
        0xc3ebd33483acc5eau, 0xeb6313faffa081c5u, 0x49daf0b751dd0d17u, 0x9e68d429265516d3u,
        0xfca1477d58be162bu, 0xce31d07ad1b8f88fu, 0x280416958f3acb45u, 0x7e404bbbcafbd7afu};
    const std::uint32_t shift = at % 8 * 8;
    const std::uint64_t low = words[at / 8] >> shift;
    return shift == 0 ? low : low | words[at / 8 + 1] << (64 - shift);
  }

  /// @param at in the text
  SLUICE_HD std::uint64_t word(std::uint32_t at) const noexcept {
    return load_word(bytes_, begin_ + at);
  }
  SLUICE_HD std::uint64_t byte(std::uint32_t at) const noexcept {
    return static_cast<unsigned char>(bytes_[begin_ + at]);
  }
  /// Strings carry the top bit of the upper half as their mark.
  SLUICE_HD static KeyIdentity marked(std::uint64_t low, std::uint64_t high) noexcept {
    return {low, high | std::uint64_t{1} << 63};
  }

  SLUICE_HD KeyIdentity of_none() const noexcept {
    return marked(long_avalanche(seed_ ^ secret(64) ^ secret(72)),
                  long_avalanche(seed_ ^ secret(80) ^ secret(88)));
  }

  SLUICE_HD KeyIdentity of_1_to_3() const noexcept {
    const std::uint64_t low =
        byte(0) << 16 | byte(length_ / 2) << 24 | byte(length_ - 1) | std::uint64_t{length_} << 8;
    const auto reversed = static_cast<std::uint32_t>(swapped(low) >> 32);
    const std::uint64_t high = static_cast<std::uint32_t>(reversed << 13 | reversed >> 19);
    const std::uint64_t low_flip = ((secret(0) ^ secret(0) >> 32) & 0xFFFF'FFFFu) + seed_;
    const std::uint64_t high_flip = ((secret(8) ^ secret(8) >> 32) & 0xFFFF'FFFFu) - seed_;
    return marked(long_avalanche(low ^ low_flip), long_avalanche(high ^ high_flip));
  }

  SLUICE_HD KeyIdentity of_4_to_8() const noexcept {
    const std::uint64_t seed = seed_ ^ (swapped(seed_ << 32) & 0xFFFF'FFFFu) << 32;
    const std::uint64_t text = (word(0) & 0xFFFF'FFFFu) | word(length_ - 4) << 32;
    const std::uint64_t keyed = text ^ ((secret(16) ^ secret(24)) + seed);
    Halves both = product(keyed, prime64_1 + (std::uint64_t{length_} << 2));
    both.high += both.low << 1;
    both.low ^= both.high >> 3;
    both.low = (both.low ^ both.low >> 35) * mixer_2;
    both.low ^= both.low >> 28;
    return marked(both.low, avalanche(both.high));
  }

  SLUICE_HD KeyIdentity of_9_to_16() const noexcept {
    const std::uint64_t low = word(0);
    std::uint64_t high = word(length_ - 8);
    const std::uint64_t low_flip = (secret(32) ^ secret(40)) - seed_;
    const std::uint64_t high_flip = (secret(48) ^ secret(56)) + seed_;
    Halves both = product(low ^ high ^ low_flip, prime64_1);
    both.low += std::uint64_t{length_ - 1} << 54;
    high ^= high_flip;
    both.high += high + (high & 0xFFFF'FFFFu) * (prime32_2 - 1);
    both.low ^= swapped(both.high);
    const Halves last = product(both.low, prime64_2);
    return marked(avalanche(last.low), avalanche(last.high + both.high * prime64_2));
  }

  SLUICE_HD std::uint64_t mixed(std::uint32_t at, std::uint32_t secret_at,
                                std::uint64_t seed) const noexcept {
    return folded_product(word(at) ^ (secret(secret_at) + seed),
                          word(at + 8) ^ (secret(secret_at + 8) - seed));
  }
  SLUICE_HD void mix(Halves& sums, std::uint32_t first, std::uint32_t second,
                     std::uint32_t secret_at, std::uint64_t seed) const noexcept {
    sums.low += mixed(first, secret_at, seed);
    sums.low ^= word(second) + word(second + 8);
    sums.high += mixed(second, secret_at + 16, seed);
    sums.high ^= word(first) + word(first + 8);
  }
  SLUICE_HD KeyIdentity finished(const Halves& sums) const noexcept {
    return marked(avalanche(sums.low + sums.high),
                  0 - avalanche(sums.low * prime64_1 + sums.high * prime64_4 +
                                (length_ - seed_) * prime64_2));
  }

  SLUICE_HD KeyIdentity of_17_to_128() const noexcept {
    Halves sums{length_ * prime64_1, 0};
    for (std::uint32_t pair = (length_ - 1) / 32 + 1; pair-- > 0;) {
      mix(sums, 16 * pair, length_ - 16 * (pair + 1), 32 * pair, seed_);
    }
    return finished(sums);
  }

  SLUICE_HD KeyIdentity of_129_to_240() const noexcept {
    Halves sums{length_ * prime64_1, 0};
    for (std::uint32_t i = 0; i < 128; i += 32) mix(sums, i, i + 16, i, seed_);
    sums = {avalanche(sums.low), avalanche(sums.high)};
    for (std::uint32_t i = 128; i + 32 <= length_; i += 32) {
      mix(sums, i, i + 16, 3 + i - 128, seed_);
    }
    mix(sums, length_ - 16, length_ - 32, 103, 0 - seed_);
    return finished(sums);
  }

  const char* bytes_;
  std::uint32_t begin_;
  std::uint32_t length_;
  std::uint64_t seed_;
};

}  // namespace sluice::cuda
