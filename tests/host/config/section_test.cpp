#include "host/config/section.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

/// A section of a file called job.yaml, and what is wrong with it.
struct Read {
  explicit Read(const std::string& yaml) : section(YAML::Load(yaml), "part", faults) {}
  std::string text() {
    section.finish();
    return faults.text();
  }

  Faults faults{"job.yaml"};
  Section section;
};

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("brokerz", {"brokers", "topics"}), "brokers");
  EXPECT_EQ(nearest("tumblng", {"tumbling", "sliding"}), "tumbling");
  EXPECT_EQ(nearest("topcis", {"brokers", "topics"}), "topics");
}

TEST(Nearest, FindsNothingFarAway) {
  EXPECT_EQ(nearest("banana", {"brokers", "topics"}), std::nullopt);
  EXPECT_EQ(nearest("", {"brokers"}), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(Section, ReadsWhatIsThereAndKeepsTheStandardOtherwise) {
  Read read("{a: text, b: 7, c: 0.5, d: true, e: 10s, f: 4KiB}");
  EXPECT_EQ(read.section.text("a", ""), "text");
  EXPECT_EQ(read.section.integer("b", 1, 0, 10), 7);
  EXPECT_EQ(read.section.number("c", 1, 0, 1), 0.5);
  EXPECT_TRUE(read.section.flag("d", false));
  EXPECT_EQ(read.section.duration("e", 1, 0), 10'000);
  EXPECT_EQ(read.section.bytes("f", 1, 0), 4'096u);
  EXPECT_EQ(read.section.text("other", "standard"), "standard");
  EXPECT_EQ(read.section.duration("another", 5, 0), 5);
  EXPECT_EQ(read.text(), "");
}

TEST(Section, NullStandsForTheStandard) {
  Read read("{a: , b: ~}");
  EXPECT_EQ(read.section.text("a", "standard"), "standard");
  EXPECT_EQ(read.section.integer("b", 3, 0, 10), 3);
  EXPECT_EQ(read.text(), "");
}

TEST(Section, WithoutAFileOfItsOwnHasOnlyStandards) {
  Faults faults("job.yaml");
  Section section(YAML::Node(), "part", faults);
  EXPECT_EQ(section.text("a", "standard"), "standard");
  EXPECT_FALSE(section.node("a").IsMap());
  section.finish();
  EXPECT_TRUE(faults.empty());
}

TEST(Section, AnOptionThatIsMissingIsNoNodeOfAnyKind) {
  Read read("{a: 1}");
  EXPECT_FALSE(read.section.node("b").IsMap());
  EXPECT_FALSE(read.section.node("b").IsSequence());
  EXPECT_FALSE(read.section.node("b").IsDefined());
}

TEST(Section, ReportsUnknownOptionsWithTheirLineAndTheNearestName) {
  Read read("topics: 1\ntopcis: 2\nbanana: 3\n");
  read.section.text("topics", "");
  EXPECT_EQ(read.text(),
            "job.yaml:2: part.topcis: unknown option; did you mean topics?\n"
            "job.yaml:3: part.banana: unknown option");
}

TEST(Section, ReportsAnOptionGivenTwice) {
  Read read("a: 1\nb: 2\na: 3\n");
  read.section.text("a", "");
  read.section.text("b", "");
  EXPECT_EQ(read.text(), "job.yaml:3: part.a: is given twice");
}

TEST(Section, ReportsAnOptionOfTheWrongKind) {
  Read read("a: [1]\nb: {c: 1}\nd: one\ne: 3.5\nf: maybe\n");
  read.section.text("a", "");
  read.section.texts("b");
  read.section.integer("d", 0, 0, 9);
  read.section.integer("e", 0, -1, 9);
  read.section.flag("f", true);
  EXPECT_EQ(read.text(),
            "job.yaml:1: part.a: must be a single value\n"
            "job.yaml:2: part.b: must be a list\n"
            "job.yaml:3: part.d: \"one\" must be a whole number from 0 to 9\n"
            "job.yaml:4: part.e: \"3.5\" must be a whole number from -1 to 9\n"
            "job.yaml:5: part.f: \"maybe\" is none of true, false");
}

TEST(Section, ReportsNumbersOutOfRange) {
  Read read("a: 10\nb: -1\nc: 1s\nd: 3\n");
  EXPECT_EQ(read.section.integer("a", 5, 0, 9), 5);
  EXPECT_EQ(read.section.number("b", 0.5, 0, 1), 0.5);
  EXPECT_EQ(read.section.duration("c", 5'000, 2'000), 5'000);
  EXPECT_EQ(read.section.bytes("d", 64, 4), 64u);
  EXPECT_EQ(read.text(),
            "job.yaml:1: part.a: \"10\" must be a whole number from 0 to 9\n"
            "job.yaml:2: part.b: \"-1\" must be a number from 0 to 1\n"
            "job.yaml:3: part.c: \"1s\" must be at least 2000ms\n"
            "job.yaml:4: part.d: \"3\" must be a size of at least 4 bytes, as in 64KiB, 32MiB or "
            "8GiB");
}

TEST(Section, ReportsADurationWithoutAUnit) {
  Read read("a: 10");
  read.section.duration("a", 0, 0);
  EXPECT_EQ(read.text(),
            "job.yaml:1: part.a: \"10\" is no duration; write it with a unit, as in 500ms, 10s, "
            "5m, 1h or 1d");
}

TEST(Section, TakesOffForADurationWhereThatIsLegal) {
  Read read("{a: off, b: 1s}");
  EXPECT_EQ(read.section.duration_or_off("a", 5), std::nullopt);
  EXPECT_EQ(read.section.duration_or_off("b", 5), 1'000);
  EXPECT_EQ(read.section.duration_or_off("c", 5), 5);
  EXPECT_EQ(read.text(), "");
}

TEST(Section, OffersTheWordThatWasMeant) {
  Read read("a: lef");
  EXPECT_EQ(read.section.choice("a", 0, {{"left", 1}, {"right", 2}}), 0);
  EXPECT_EQ(read.text(), "job.yaml:1: part.a: \"lef\" is none of left, right; did you mean left?");
}

TEST(Section, TakesOneValueForAListOfOne) {
  Read read("{a: x, b: [x, y], c: []}");
  EXPECT_EQ(read.section.texts("a"), std::vector<std::string>{"x"});
  EXPECT_EQ(read.section.texts("b"), (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(read.section.texts("c").empty());
}

TEST(Section, ReportsWhatIsNotSupportedYet) {
  Read read("a: 1\nlater: 2\n");
  read.section.text("a", "");
  read.section.not_supported_yet({"later", "never_given"});
  EXPECT_EQ(read.text(), "job.yaml:2: part.later: not supported yet");
}

TEST(Section, ReportsASectionThatIsNoMapping) {
  Faults faults("job.yaml");
  Section section(YAML::Load("\n- 1\n- 2\n"), "part", faults);
  EXPECT_EQ(faults.text(), "job.yaml:2: part: must be a mapping of options");
}

TEST(Section, ReportsARequiredOptionAtTheLineOfItsSection) {
  Read read("\n\na: 1\n");
  read.section.text("a", "");
  EXPECT_EQ(read.section.required_text("name"), "");
  EXPECT_EQ(read.text(), "job.yaml:3: part.name: is required");
}

}  // namespace
}  // namespace sluice
