#pragma once

namespace sluice {

/// What this machine's memory can do, measured now: the best of a few passes over blocks far larger
/// than any cache. Bytes a second.
struct MachineCeilings {
  unsigned cores = 1;
  double read_one = 0;  ///< one thread reads
  double read_all = 0;  ///< a thread a core reads
  double copy_one = 0;  ///< one thread copies; bytes copied
  double copy_all = 0;
};

MachineCeilings measure_ceilings();

}  // namespace sluice
