#include "host/http/listen_address.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using Parsed = std::variant<ListenAddress, std::string>;

TEST(ListenAddress, ReadsLiteralsNamesAndEveryInterface) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:9465"), Parsed(ListenAddress{"127.0.0.1", 9465}));
  EXPECT_EQ(parse_listen_address("[::1]:9465"), Parsed(ListenAddress{"::1", 9465}));
  EXPECT_EQ(parse_listen_address("[::]:0"), Parsed(ListenAddress{"::", 0}));
  EXPECT_EQ(parse_listen_address("localhost:65535"), Parsed(ListenAddress{"localhost", 65535}));
  EXPECT_EQ(parse_listen_address("my-node.example.org:1"),
            Parsed(ListenAddress{"my-node.example.org", 1}));
  EXPECT_EQ(parse_listen_address(":9465"), Parsed(ListenAddress{"", 9465}));
}

TEST(ListenAddress, PrintsTheFormItReads) {
  for (const char* text : {"127.0.0.1:9465", "[::1]:0", "localhost:80", ":9465"}) {
    EXPECT_EQ(to_string(std::get<ListenAddress>(parse_listen_address(text))), text);
  }
}

class NotAListenAddress : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(NotAListenAddress, IsRefusedWithTheTextAndTheReason) {
  const auto [text, reason] = GetParam();

  const Parsed parsed = parse_listen_address(text);

  ASSERT_TRUE(std::holds_alternative<std::string>(parsed));
  EXPECT_EQ(std::get<std::string>(parsed).rfind(
                "\"" + std::string(text) + "\" is not a listen address", 0),
            0U);
  EXPECT_NE(std::get<std::string>(parsed).find(reason), std::string::npos)
      << std::get<std::string>(parsed);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, NotAListenAddress,
    testing::Values(std::pair("", "no port"), std::pair("localhost", "no port"),
                    std::pair("localhost:", "from 0 to 65535"),
                    std::pair("a:65536", "from 0 to 65535"), std::pair("a:-1", "from 0 to 65535"),
                    std::pair("a:+1", "from 0 to 65535"), std::pair("a:80x", "from 0 to 65535"),
                    std::pair("::1:9465", "needs brackets"),
                    std::pair("[127.0.0.1]:80", "in the brackets"),
                    std::pair("[::1:80", "needs brackets"), std::pair("[]:80", "in the brackets"),
                    std::pair("256.0.0.1:80", "neither"), std::pair("127.0.0:80", "neither"),
                    std::pair("a b:80", "neither"), std::pair("-a:80", "neither"),
                    std::pair("http//a:80", "neither")));

}  // namespace
}  // namespace sluice
