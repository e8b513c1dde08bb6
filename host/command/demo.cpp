#include "host/command/demo.hpp"

namespace sluice {

void run_demo(const DemoOptions&, Logger&, std::stop_source) {}

}  // namespace sluice
