#pragma once

#include "ingest/generate/event_planner.hpp"
#include "ingest/generate/key_picker.hpp"

namespace sluice {

/// What users do in a shop, as JSON:
/// {"id":7,"user_id":"u42","behaviour_name":"view","behaviour_value":12.50,"time":1700000000000}
/// `user_id` is picked by the settings' distribution; of the names, view is by far the most common.
class BehaviourGenerator {
 public:
  explicit BehaviourGenerator(const GeneratorSettings& settings);

  /// Most bytes that one event takes.
  static constexpr std::size_t max_bytes = 160;

  /// Writes the planned event, without a line end. @returns the byte after it
  char* write(char* into, const EventPlan& plan, Random& random) const;

 private:
  KeyPicker users_;
};

}  // namespace sluice
