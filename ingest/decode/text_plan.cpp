#include "ingest/decode/text_plan.hpp"

#include "ingest/decode/field_plan.hpp"
#include "ingest/decode/number_words.hpp"
#include "ingest/decode/text_reader.hpp"

namespace sluice {

TextPlan::TextPlan(const Format& format)
    : keys(format),
      values(format.values),
      time_unit(format.event_time.unit),
      allow_non_finite(format.allow_non_finite) {
  const FieldPlan plan(format);
  time_field = plan.time;
  value_fields = plan.values;
  fields = plan.paths.size();
  scalars.resize(fields);
}

ReadTextColumns plain_text_reader(TextDialect dialect) noexcept {
  return dialect == TextDialect::json ? read_text_columns<TextDialect::json, NumberWords>
                                      : read_text_columns<TextDialect::csv, NumberWords>;
}

ReadTextColumns best_text_reader(TextDialect dialect) noexcept {
  if (const ReadTextColumns reader = avx512_text_reader(dialect)) return reader;
  if (const ReadTextColumns reader = avx2_text_reader(dialect)) return reader;
  return plain_text_reader(dialect);
}

}  // namespace sluice
