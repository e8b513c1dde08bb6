#include "ingest/file_source.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <numeric>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/ingest/blocks.hpp"
#include "tests/ingest/formats.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing_blocks::make_block;
using testing_blocks::texts_of;
using testing_formats::binary_rows;
using testing_formats::csv;

constexpr std::array<PartitionIndex, 1> the_partition = {0};

Format json_lines() { return testing_formats::json(Framing::lines); }

class FileSourceTest : public testing::Test {
 public:
  ~FileSourceTest() override { std::filesystem::remove_all(folder_); }

 protected:
  FileSourceTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "file_source_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return path(name);
  }

  /// Everything the source delivers, with blocks of `capacity` bytes.
  std::vector<std::string> read_all(FileSource& source, std::size_t capacity = 4096,
                                    std::size_t max_events = 1'000'000) {
    const BlockLimits limits{.max_events = max_events, .linger = milliseconds(20)};
    std::vector<std::string> texts;
    SourceBlock block = make_block(capacity);
    while (true) {
      block.clear();
      const FillResult result = source.fill(0, block, limits, sequence_);
      if (result == FillResult::finished) {
        return texts;
      }
      for (const Message& message : block.messages) {
        messages_.push_back(message);
        texts.emplace_back(block.bytes_of(message));
      }
      EXPECT_LE(block.messages.size(), max_events);
      positions_.insert(positions_.end(), block.positions.begin(), block.positions.end());
      ends_ += block.finished.size();
    }
  }

  std::filesystem::path folder_;
  std::atomic<std::uint64_t> sequence_{0};
  std::vector<Message> messages_;
  std::vector<PartitionOffset> positions_;
  std::size_t ends_ = 0;
};

TEST_F(FileSourceTest, DeliversWholeLinesTogether) {
  FileSource source({{write("a", "{1}\n{2}\n{3}\n")}}, json_lines(), 1);

  EXPECT_THAT(read_all(source), ElementsAre("{1}\n{2}\n{3}\n"));
  EXPECT_THAT(positions_, ElementsAre(PartitionOffset{0, 12}));
  EXPECT_EQ(ends_, 1u);
  EXPECT_EQ(sequence_, 1u);
}

TEST_F(FileSourceTest, CarriesAnUnfinishedLineToTheNextBlock) {
  FileSource source({{write("a", "{1}\n{2}\n{3}\n{4}\n{5}\n")}}, json_lines(), 1);

  EXPECT_THAT(read_all(source, 10), ElementsAre("{1}\n{2}\n", "{3}\n{4}\n", "{5}\n"));
  EXPECT_EQ(messages_[1].offset, 8);
  EXPECT_EQ(messages_[2].offset, 16);
  EXPECT_EQ(positions_.back(), (PartitionOffset{0, 20}));
}

TEST_F(FileSourceTest, CountsALastLineWithoutALineEnd) {
  FileSource source({{write("a", "{1}\n{2}")}}, json_lines(), 1);

  EXPECT_THAT(read_all(source), ElementsAre("{1}\n", "{2}"));
}

TEST_F(FileSourceTest, NeverJoinsTwoFilesInOneMessage) {
  FileSource source(
      {{write("a", "{1}\n{2"), write("b", ""), write("c", "3}\n"), write("d", "{4}")}},
      json_lines(), 1);

  EXPECT_THAT(read_all(source), ElementsAre("{1}\n", "{2", "3}\n", "{4}"));
  EXPECT_EQ(messages_.back().offset, 9);
}

TEST_F(FileSourceTest, KeepsFilesApartThroughSmallBlocksToo) {
  FileSource source({{write("a", "{1}\n{2"), write("b", "3}\n{4}\n"), write("c", "{5}")}},
                    json_lines(), 1);

  EXPECT_THAT(read_all(source, 5), ElementsAre("{1}\n", "{2", "3}\n", "{4}\n", "{5}"));
}

TEST_F(FileSourceTest, ReadsTheFilesOfAFolderByName) {
  std::filesystem::create_directory(folder_ / "in");
  std::filesystem::create_directory(folder_ / "in" / "sub");
  write("in/b", "2\n");
  write("in/a", "1\n");
  write("in/.hidden", "x\n");
  write("in/sub/c", "x\n");
  const std::string last = write("0", "3\n");
  FileSource source({{path("in"), last}}, json_lines(), 1);

  EXPECT_THAT(read_all(source), ElementsAre("1\n", "2\n", "3\n"));
}

TEST_F(FileSourceTest, FinishesAnEmptyFileAtOnce) {
  FileSource source({{write("a", "")}}, json_lines(), 1);

  EXPECT_THAT(read_all(source), IsEmpty());
  EXPECT_EQ(ends_, 1u);
}

TEST_F(FileSourceTest, JoinsLinesUpTo256KiBAMessage) {
  const std::string line = std::string(99, 'x') + "\n";
  std::string content;
  for (int i = 0; i < 10'000; ++i) {
    content += line;
  }
  FileSource source({{write("a", content)}}, json_lines(), 1);

  const std::vector<std::string> texts = read_all(source, 4 << 20);

  ASSERT_EQ(texts.size(), 4u);
  EXPECT_EQ(texts[0].size(), 262'100u);
  EXPECT_EQ(std::accumulate(texts.begin(), texts.end(), std::string()), content);
}

TEST_F(FileSourceTest, PutsNoMoreEventsIntoAMessageOrMessagesIntoABlockThanTheLimit) {
  std::string content;
  for (int i = 0; i < 2'000; ++i) {
    content += i % 3 == 0 ? "{}\n" : "{\"a\":1}\n";
  }
  for (const std::size_t max_events : {1u, 2u, 7u, 1'000u}) {
    FileSource source({{write("a", content)}}, json_lines(), 1);

    const std::vector<std::string> texts = read_all(source, 1 << 20, max_events);

    for (const std::string& text : texts) {
      EXPECT_LE(std::count(text.begin(), text.end(), '\n'), static_cast<long>(max_events));
    }
    EXPECT_EQ(std::accumulate(texts.begin(), texts.end(), std::string()), content);
  }
}

TEST_F(FileSourceTest, DeliversOneLineAMessageInMessageFraming) {
  FileSource source({{write("a", "{1}\n{2}\n\n{3}")}}, testing_formats::json(Framing::message), 1);

  EXPECT_THAT(read_all(source), ElementsAre("{1}\n", "{2}\n", "\n", "{3}"));
}

TEST_F(FileSourceTest, DeliversTheFirstBytesOfALineLongerThanABlockAndGoesOnAfterIt) {
  const std::string longer(50, 'x');
  FileSource source({{write("a", "{1}\n" + longer + "\n{2}\n")}}, json_lines(), 1);

  EXPECT_THAT(read_all(source, 16), ElementsAre("{1}\n", longer.substr(0, 16), "{2}\n"));
  EXPECT_FALSE(messages_[0].truncated);
  EXPECT_TRUE(messages_[1].truncated);
  EXPECT_EQ(messages_[1].offset, 4);
  EXPECT_FALSE(messages_[2].truncated);
  EXPECT_EQ(messages_[2].offset, 55);
}

TEST_F(FileSourceTest, EndsATooLongLineWithItsFile) {
  FileSource source({{write("a", std::string(50, 'x')), write("b", "{1}\n")}}, json_lines(), 1);

  EXPECT_THAT(read_all(source, 16), ElementsAre(std::string(16, 'x'), "{1}\n"));
  EXPECT_EQ(ends_, 1u);
}

TEST_F(FileSourceTest, TakesALineThatJustFillsABlock) {
  FileSource source({{write("a", std::string(15, 'x') + "\n" + std::string(15, 'y') + "\n")}},
                    json_lines(), 1);

  read_all(source, 16);

  ASSERT_EQ(messages_.size(), 2u);
  EXPECT_FALSE(messages_[0].truncated);
  EXPECT_FALSE(messages_[1].truncated);
}

TEST_F(FileSourceTest, PassesOverAByteOrderMark) {
  FileSource source({{write("a", "\xEF\xBB\xBF{1}\n"), write("b", "\xEF\xBB\xBF{2}\n")}},
                    json_lines(), 1);

  EXPECT_THAT(read_all(source), ElementsAre("{1}\n", "{2}\n"));
  EXPECT_EQ(messages_[0].offset, 3);
}

TEST_F(FileSourceTest, TellsTheColumnsOfACsvHeaderAndDoesNotDeliverIt) {
  FileSource source({{write("a", "time,\"user\"\r\n1,a\n2,b\n"), write("b", "time,user\n3,c\n")}},
                    csv(true), 1);

  EXPECT_THAT(source.columns(), ElementsAre("time", "user"));
  EXPECT_THAT(read_all(source), ElementsAre("1,a\n2,b\n", "3,c\n"));
}

TEST_F(FileSourceTest, FindsTheCsvHeaderAfterEmptyFiles) {
  FileSource source({{write("a", ""), write("b", ""), write("c", "time\n1\n")}}, csv(true), 1);

  EXPECT_THAT(source.columns(), ElementsAre("time"));
  EXPECT_THAT(read_all(source), ElementsAre("1\n"));
}

TEST_F(FileSourceTest, RefusesACsvHeaderThatDiffersFromTheFirstFiles) {
  FileSource source({{write("a", "time,user\n1,a\n"), write("b", "user,time\nb,2\n")}}, csv(true),
                    1);

  try {
    read_all(source);
    FAIL() << "no error";
  } catch (const SourceError& error) {
    EXPECT_EQ(error.what(), path("b") + ": its header line differs from the first file's");
  }
}

TEST_F(FileSourceTest, RefusesCsvWithoutItsHeader) {
  const std::string empty = write("a", "");

  EXPECT_THROW(FileSource({{empty}}, csv(true), 1), SourceError);
}

TEST_F(FileSourceTest, KeepsCsvLineEndsInsideQuotesInOneMessage) {
  FileSource source({{write("a", "1,\"x\ny\"\n2,\"\n\n\"\n")}}, csv(false), 1);

  EXPECT_THAT(read_all(source, 12), ElementsAre("1,\"x\ny\"\n", "2,\"\n\n\"\n"));
  EXPECT_THAT(source.columns(), IsEmpty());
}

TEST_F(FileSourceTest, CutsBinaryBetweenRowsAndDeliversAnOddTailAlone) {
  FileSource source({{write("a", "aaaabbbbccccdd"), write("b", "eeee")}}, binary_rows(4), 1);

  EXPECT_THAT(read_all(source, 10), ElementsAre("aaaabbbb", "cccc", "dd", "eeee"));
}

TEST_F(FileSourceTest, NamesAMissingPathAndTheReason) {
  try {
    FileSource source({{path("nowhere")}}, json_lines(), 1);
    FAIL() << "no error";
  } catch (const SourceError& error) {
    EXPECT_EQ(error.what(), path("nowhere") + ": No such file or directory");
  }
}

TEST_F(FileSourceTest, NamesAFileThatCannotBeReadAndTheReason) {
  const std::string file = write("a", "{1}\n");
  FileSource source({{file}}, json_lines(), 1);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);

  try {
    read_all(source);
    FAIL() << "no error";
  } catch (const SourceError& error) {
    EXPECT_EQ(error.what(), file + ": Is a directory");
  }
}

TEST_F(FileSourceTest, IsIdleWhilePausedAndGoesOnAfterwards) {
  FileSource source({{write("a", "{1}\n")}}, json_lines(), 1);
  SourceBlock block = make_block(100);
  const BlockLimits limits{.max_events = 10, .linger = milliseconds(1)};
  source.pause(the_partition);

  EXPECT_EQ(source.fill(0, block, limits, sequence_), FillResult::idle);

  source.resume(the_partition);
  EXPECT_EQ(source.fill(0, block, limits, sequence_), FillResult::filled);
  EXPECT_THAT(texts_of(block), ElementsAre("{1}\n"));
}

class PipeSourceTest : public FileSourceTest {
 protected:
  PipeSourceTest() : pipe_(path("pipe")) {
    EXPECT_EQ(::mkfifo(pipe_.c_str(), 0600), 0);
    // A pipe opened for both ends never blocks the opening of the reader.
    keeper_.open(pipe_, std::ios::in | std::ios::out | std::ios::binary);
  }

  FillResult fill(FileSource& source, SourceBlock& block) {
    block.clear();
    return source.fill(0, block, {.max_events = 100, .linger = milliseconds(5)}, sequence_);
  }

  std::string pipe_;
  std::fstream keeper_;
};

TEST_F(PipeSourceTest, IsIdleWhileAPipeIsQuiet) {
  FileSource source({{pipe_}}, json_lines(), 1);
  SourceBlock block = make_block(100);

  EXPECT_EQ(fill(source, block), FillResult::idle);
  EXPECT_EQ(sequence_, 0u);
}

TEST_F(PipeSourceTest, DeliversWhatAPipeHasWithinTheLingerAndKeepsTheRest) {
  FileSource source({{pipe_}}, json_lines(), 1);
  SourceBlock block = make_block(100);
  keeper_ << "{1}\n{2" << std::flush;

  ASSERT_EQ(fill(source, block), FillResult::filled);
  EXPECT_THAT(texts_of(block), ElementsAre("{1}\n"));
  EXPECT_EQ(fill(source, block), FillResult::idle);

  keeper_ << "}\n" << std::flush;
  ASSERT_EQ(fill(source, block), FillResult::filled);
  EXPECT_THAT(texts_of(block), ElementsAre("{2}\n"));
  EXPECT_EQ(block.messages[0].offset, 4);
}

TEST_F(FileSourceTest, IsReadByLanesTakingTurnsInTheOrderOfTheirSequenceNumbers) {
  std::string content;
  for (int i = 0; i < 5'000; ++i) {
    content += std::to_string(i) + "\n";
  }
  FileSource source({{write("a", content)}}, json_lines(), 2);
  std::array<std::map<std::uint64_t, std::string>, 2> parts;
  const auto drive = [&](unsigned lane) {
    SourceBlock block = make_block(256);
    while (source.fill(lane, block, {.max_events = 1'000, .linger = milliseconds(1)}, sequence_) !=
           FillResult::finished) {
      for (const std::string& text : texts_of(block)) {
        parts[lane][block.sequence] += text;
      }
      block.clear();
    }
  };

  auto other = std::async(std::launch::async, drive, 1u);
  drive(0);
  other.get();

  parts[0].merge(parts[1]);
  std::string all;
  for (const auto& [sequence, text] : parts[0]) {
    all += text;
  }
  EXPECT_EQ(all, content);
  EXPECT_EQ(source.lanes(), 2u);
}

}  // namespace
}  // namespace sluice
