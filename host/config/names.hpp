#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Whether a window, aggregate or key column may be called this: a Prometheus label name that is
/// not reserved (SEMANTICS, Details).
bool is_name(std::string_view text);
bool is_reserved_name(std::string_view text);

/// The last member of a dotted path: what a column is called when it has no `as`.
std::string last_member(std::string_view path);

}  // namespace sluice
