#include "host/http/gzip.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/host/http/raw_client.hpp"

namespace sluice {
namespace {

TEST(Gzip, RoundTripsEmptyRepetitiveAndRandomText) {
  std::mt19937 random(20'261'122);
  std::string noise(100'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  std::string page;
  for (int i = 0; i < 10'000; ++i) page += "metric{key=\"" + std::to_string(i) + "\"} 1\n";

  EXPECT_EQ(gunzip(gzip("")), "");
  EXPECT_EQ(gunzip(gzip(page)), page);
  EXPECT_EQ(gunzip(gzip(noise)), noise);
  EXPECT_LT(gzip(page).size(), page.size() / 5);
}

TEST(Gzip, IsAcceptedWhereTheHeaderNamesIt) {
  for (const char* header :
       {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5", "br;q=1.0,gzip;q=0.001", "*",
        "identity;q=0, *;q=0.1", " gzip ; q=1 "}) {
    EXPECT_TRUE(accepts_gzip(header)) << header;
  }
}

TEST(Gzip, IsNotAcceptedWhereTheHeaderIsSilentOrRefusesIt) {
  for (const char* header : {"", "identity", "deflate", "gzip;q=0", "gzip; Q=0.000, *", "*;q=0",
                             "gzipped", "gzip;q=", ",,;"}) {
    EXPECT_FALSE(accepts_gzip(header)) << header;
  }
}

}  // namespace
}  // namespace sluice
