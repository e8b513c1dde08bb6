#include "kernels/backend.hpp"

namespace sluice {

std::string_view name_of(BackendKind kind) noexcept {
  return kind == BackendKind::cpu ? "cpu" : "cuda";
}

std::string_view name_of(AccumulatePath path) noexcept {
  switch (path) {
    case AccumulatePath::automatic:
      return "auto";
    case AccumulatePath::private_tables:
      return "private";
    case AccumulatePath::shared_table:
      return "shared";
    case AccumulatePath::partitioned:
      return "partitioned";
  }
  return {};
}

}  // namespace sluice
