#include "ingest/filter/syntax.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include <pg_query.h>
#include <simdjson.h>

namespace sluice {
namespace {

using Kind = FilterNode::Kind;
using Json = simdjson::dom::element;

constexpr std::string_view clause = "SELECT WHERE ";
constexpr std::size_t longest_filter = std::size_t{1} << 16;

struct FreeParse {
  void operator()(PgQueryParseResult* result) const noexcept {
    pg_query_free_parse_result(*result);
    delete result;
  }
};

std::string_view text_at(Json json, std::string_view pointer) {
  std::string_view text;
  return json.at_pointer(pointer).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::optional<Json> member(Json json, std::string_view name) {
  Json found;
  if (json[name].get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

/// The place of a parser's cursor, which counts characters of the statement from 1.
std::size_t byte_at(std::string_view text, int cursor) {
  const auto is_character = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80;
  };
  std::size_t left = cursor > static_cast<int>(clause.size())
                         ? static_cast<std::size_t>(cursor) - 1 - clause.size()
                         : 0;
  std::size_t at = 0;
  for (; at < text.size() && (left > 0 || !is_character(text[at])); ++at) {
    left -= is_character(text[at]) ? 1U : 0U;
  }
  return at;
}

/// Turns PostgreSQL's tree into ours.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  FilterNode read(Json json) const {
    simdjson::dom::object object;
    if (json.get(object) != simdjson::SUCCESS || object.size() != 1) refuse("this", 0);
    const auto [type, node] = *object.begin();
    if (type == "ColumnRef") return read_column(node);
    if (type == "SQLValueFunction") return read_user(node);
    if (type == "A_Const") return read_constant(node);
    if (type == "BoolExpr") return read_connective(node);
    if (type == "NullTest") return read_null_test(node);
    if (type == "BooleanTest") return read_boolean_test(node);
    if (type == "A_Expr") return read_expression(node);
    refuse(type == "FuncCall"  ? "a function"
           : type == "SubLink" ? "a query"
                               : "this expression",
           position_of(node));
  }

 private:
  [[noreturn]] static void refuse(const std::string& what, std::size_t position) {
    throw FilterError(what +
                          " cannot be part of a filter; it takes comparisons, AND, OR, NOT, IN, "
                          "BETWEEN, LIKE 'prefix%', IS NULL, IS TRUE, + - * /",
                      position);
  }

  static std::size_t position_of(Json node) {
    std::int64_t location = 0;
    if (node["location"].get(location) != simdjson::SUCCESS) return 0;
    const auto before = static_cast<std::int64_t>(clause.size());
    return location < before ? 0 : static_cast<std::size_t>(location - before);  // -1: not known
  }

  FilterNode made(Kind kind, Json node) const {
    return {.kind = kind, .position = position_of(node), .text = {}, .parts = {}};
  }

  FilterNode part(Json node, std::string_view name) const {
    const std::optional<Json> found = member(node, name);
    if (!found) refuse("this", position_of(node));
    return read(*found);
  }

  FilterNode read_column(Json node) const {
    FilterNode column = made(Kind::column, node);
    std::size_t at = column.position;
    for (const Json field : simdjson::dom::array(node["fields"])) {
      const std::optional<Json> name = member(field, "String");
      if (!name) refuse("*", column.position);
      if (!column.text.empty()) column.text += '.';
      column.text += spelling(text_at(*name, "/sval"), at);
    }
    return column;
  }

  /// SQL takes the word user for a function; here it is a column like any other.
  FilterNode read_user(Json node) const {
    FilterNode column = made(Kind::column, node);
    std::size_t at = column.position;
    if (text_at(node, "/op") != "SVFOP_USER") refuse("a function", at);
    column.text = spelling("user", at);
    return column;
  }

  /// The grammar folds names to lower case; this finds a name as it was written. @param at where to
  /// look for it; moves past it.
  std::string spelling(std::string_view folded, std::size_t& at) const {
    while (at < text_.size() && (text_[at] == '.' || std::isspace(byte(at)) != 0)) ++at;
    if (at >= text_.size() || text_[at] == '"') {
      const std::size_t end = text_.find('"', at + 1);
      at = end == std::string_view::npos ? text_.size() : end + 1;
      return std::string(folded);
    }
    const std::string_view written = text_.substr(at, folded.size());
    at += written.size();
    return std::string(written);
  }
  unsigned char byte(std::size_t at) const { return static_cast<unsigned char>(text_[at]); }

  FilterNode read_constant(Json node) const {
    FilterNode constant = made(Kind::null, node);
    if (const auto integer = member(node, "ival")) {
      constant.kind = Kind::number;
      constant.text = integer_text(*integer, constant.position);
    } else if (member(node, "fval")) {
      constant.kind = Kind::number;
      constant.text = text_at(node, "/fval/fval");
    } else if (member(node, "sval")) {
      constant.kind = Kind::string;
      constant.text = text_at(node, "/sval/sval");
    } else if (const auto boolean = member(node, "boolval")) {
      constant.kind = Kind::boolean;
      bool truth = false;
      constant.truth = (*boolean)["boolval"].get(truth) == simdjson::SUCCESS && truth;
    } else if (!member(node, "isnull")) {
      refuse("this constant", constant.position);
    }
    return constant;
  }

  /// The tree leaves 0 out, and negative integers too: those are read from the text.
  std::string integer_text(Json integer, std::size_t position) const {
    std::int64_t positive = 0;
    if (integer["ival"].get(positive) == simdjson::SUCCESS) return std::to_string(positive);
    std::size_t at = position;
    while (at < text_.size() && !is_digit(text_[at])) at = behind_token(at);
    std::size_t end = at;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end == at) refuse("this constant", position);
    return "-" + std::string(text_.substr(at, end - at));
  }
  static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

  /// Behind the comment at a place, or else the character.
  std::size_t behind_token(std::size_t at) const {
    if (text_.substr(at).starts_with("--")) return std::min(text_.find('\n', at), text_.size());
    if (!text_.substr(at).starts_with("/*")) return at + 1;
    std::size_t depth = 0;  // comments nest
    do {
      const std::string_view rest = text_.substr(at);
      depth += rest.starts_with("/*") ? 1U : 0U;
      depth -= rest.starts_with("*/") ? 1U : 0U;
      at += rest.starts_with("/*") || rest.starts_with("*/") ? 2U : 1U;
    } while (depth > 0 && at < text_.size());
    return at;
  }

  FilterNode read_connective(Json node) const {
    const std::string_view type = text_at(node, "/boolop");
    FilterNode connective = made(type == "AND_EXPR"  ? Kind::conjunction
                                 : type == "OR_EXPR" ? Kind::disjunction
                                                     : Kind::negation,
                                 node);
    for (const Json argument : simdjson::dom::array(node["args"])) {
      connective.parts.push_back(read(argument));
    }
    return connective;
  }

  static FilterNode negated(FilterNode node) {
    FilterNode negation{.kind = Kind::negation, .position = node.position, .text = {}, .parts = {}};
    negation.parts.push_back(std::move(node));
    return negation;
  }

  FilterNode read_null_test(Json node) const {
    FilterNode test = made(Kind::is_null, node);
    test.parts.push_back(part(node, "arg"));
    return text_at(node, "/nulltesttype") == "IS_NOT_NULL" ? negated(std::move(test)) : test;
  }

  FilterNode read_boolean_test(Json node) const {
    const std::string_view type = text_at(node, "/booltesttype");
    const bool inverted =
        type == "IS_NOT_TRUE" || type == "IS_NOT_FALSE" || type == "IS_NOT_UNKNOWN";
    FilterNode test = made(type == "IS_TRUE" || type == "IS_NOT_TRUE"     ? Kind::is_true
                           : type == "IS_FALSE" || type == "IS_NOT_FALSE" ? Kind::is_false
                                                                          : Kind::is_null,
                           node);
    test.parts.push_back(part(node, "arg"));
    return inverted ? negated(std::move(test)) : test;
  }

  FilterNode read_expression(Json node) const {
    const std::string_view kind = text_at(node, "/kind");
    if (kind == "AEXPR_OP") return read_operator(node);
    if (kind == "AEXPR_IN") return read_in(node);
    if (kind == "AEXPR_BETWEEN" || kind == "AEXPR_NOT_BETWEEN") return read_between(node);
    if (kind == "AEXPR_LIKE") return read_like(node);
    refuse("this operator", position_of(node));
  }

  FilterNode read_operator(Json node) const {
    static constexpr std::pair<std::string_view, Kind> operators[] = {
        {"+", Kind::add},           {"-", Kind::subtract},    {"*", Kind::multiply},
        {"/", Kind::divide},        {"=", Kind::equal},       {"<>", Kind::not_equal},
        {"<", Kind::less},          {"<=", Kind::less_equal}, {">", Kind::greater},
        {">=", Kind::greater_equal}};
    const std::string_view name = text_at(node, "/name/0/String/sval");
    const bool unary = !member(node, "lexpr");
    for (const auto& [symbol, kind] : operators) {
      if (symbol != name) continue;
      if (unary && kind == Kind::add) return part(node, "rexpr");
      if (unary && kind != Kind::subtract) break;
      FilterNode made_of = made(unary ? Kind::negate : kind, node);
      if (!unary) made_of.parts.push_back(part(node, "lexpr"));
      made_of.parts.push_back(part(node, "rexpr"));
      return made_of;
    }
    refuse("the operator " + std::string(name), position_of(node));
  }

  FilterNode comparison(Kind kind, Json node, const FilterNode& left, FilterNode right) const {
    FilterNode compared = made(kind, node);
    compared.parts.push_back(left);
    compared.parts.push_back(std::move(right));
    return compared;
  }

  static simdjson::dom::array items_of(Json node) {
    simdjson::dom::array items;
    if (node.at_pointer("/rexpr/List/items").get(items) != simdjson::SUCCESS) {
      refuse("this list", position_of(node));
    }
    return items;
  }

  FilterNode read_in(Json node) const {
    const FilterNode left = part(node, "lexpr");
    FilterNode any = made(Kind::disjunction, node);
    for (const Json item : items_of(node)) {
      any.parts.push_back(comparison(Kind::equal, node, left, read(item)));
    }
    return text_at(node, "/name/0/String/sval") == "<>" ? negated(std::move(any)) : any;
  }

  FilterNode read_between(Json node) const {
    const FilterNode left = part(node, "lexpr");
    FilterNode both = made(Kind::conjunction, node);
    Kind kind = Kind::greater_equal;
    for (const Json bound : items_of(node)) {
      both.parts.push_back(comparison(kind, node, left, read(bound)));
      kind = Kind::less_equal;
    }
    return text_at(node, "/kind") == "AEXPR_NOT_BETWEEN" ? negated(std::move(both)) : both;
  }

  FilterNode read_like(Json node) const {
    const FilterNode pattern = part(node, "rexpr");
    const std::string_view prefix =
        std::string_view(pattern.text)
            .substr(0, pattern.text.empty() ? 0 : pattern.text.size() - 1);
    if (pattern.kind != Kind::string || !pattern.text.ends_with('%') ||
        prefix.find_first_of("%_\\") != std::string_view::npos) {
      throw FilterError("LIKE takes a prefix and one % at its end, as in 'abc%'", pattern.position);
    }
    FilterNode like = made(Kind::starts_with, node);
    like.parts.push_back(part(node, "lexpr"));
    like.text = prefix;
    return text_at(node, "/name/0/String/sval") == "!~~" ? negated(std::move(like)) : like;
  }

  std::string_view text_;
};

}  // namespace

FilterNode parse_filter(std::string_view text) {
  if (text.size() > longest_filter) throw FilterError("is longer than 64 KiB", longest_filter);
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw FilterError("holds a NUL byte", nul);
  }
  const std::string statement = std::string(clause).append(text);
  const std::unique_ptr<PgQueryParseResult, FreeParse> result(
      new PgQueryParseResult(pg_query_parse(statement.c_str())));
  if (result->error != nullptr) {
    throw FilterError(result->error->message, byte_at(text, result->error->cursorpos));
  }
  simdjson::dom::parser parser;
  Json tree;
  Json condition;
  simdjson::dom::array statements;
  const simdjson::error_code error = parser.parse(std::string_view(result->parse_tree)).get(tree);
  if (error == simdjson::DEPTH_ERROR) throw FilterError("is nested too deeply", 0);
  if (error != simdjson::SUCCESS || tree["stmts"].get(statements) != simdjson::SUCCESS ||
      statements.size() != 1 ||
      tree.at_pointer("/stmts/0/stmt/SelectStmt/whereClause").get(condition) != simdjson::SUCCESS) {
    throw FilterError("is not one condition", 0);
  }
  const simdjson::dom::object select = tree.at_pointer("/stmts/0/stmt/SelectStmt");
  for (const auto& [name, value] : select) {
    if (name != "whereClause" && name != "limitOption" && name != "op") {
      throw FilterError("has more after the condition", 0);
    }
  }
  return Reader(text).read(condition);
}

}  // namespace sluice
