#include "ingest/kafka/direct/sasl.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(SaslExchange, SaysPlainPasswordsAtOnce) {
  SaslExchange exchange({SaslMechanism::plain, "tim", "tanstaaftanstaaf"}, "");

  EXPECT_EQ(exchange.begin(), std::string("\0tim\0tanstaaftanstaaf", 21));
  EXPECT_FALSE(exchange.complete());
  EXPECT_EQ(exchange.answer(""), "");
  EXPECT_TRUE(exchange.complete());
}

/// The example of RFC 7677.
struct Rfc7677 {
  SaslExchange exchange{{SaslMechanism::scram_sha_256, "user", "pencil"}, "rOprNGfwEbeRWgbNEkqO"};
  std::string salted =
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
};

TEST(SaslExchange, ProvesThatItKnowsThePassword) {
  Rfc7677 example;

  EXPECT_EQ(example.exchange.begin(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(example.exchange.answer(example.salted),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(example.exchange.answer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), "");
  EXPECT_TRUE(example.exchange.complete());
}

TEST(SaslExchange, RefusesABrokerThatDoesNotKnowThePassword) {
  Rfc7677 example;
  example.exchange.begin();
  ASSERT_TRUE(example.exchange.answer(example.salted).has_value());

  EXPECT_EQ(example.exchange.answer("v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="),
            std::nullopt);
  EXPECT_FALSE(example.exchange.complete());
}

TEST(SaslExchange, RefusesWordsThatAreNotAnAnswer) {
  for (const char* const words : {"", "r=", "r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                                  "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
                                  "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000",
                                  "r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096"}) {
    Rfc7677 example;
    example.exchange.begin();
    EXPECT_EQ(example.exchange.answer(words), std::nullopt) << words;
  }
}

TEST(SaslExchange, EscapesWhatPartsAttributes) {
  SaslExchange exchange({SaslMechanism::scram_sha_512, "a=b,c", "x"}, "nonce");

  EXPECT_EQ(exchange.begin(), "n,,n=a=3Db=2Cc,r=nonce");
}

TEST(SaslNonce, IsNeverTheSame) {
  EXPECT_EQ(sasl_nonce().size(), 24u);
  EXPECT_NE(sasl_nonce(), sasl_nonce());
}

}  // namespace
}  // namespace sluice
