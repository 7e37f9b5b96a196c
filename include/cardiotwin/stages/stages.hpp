#pragma once
/// The built-in stages. Each lives in src/stages/<name>/ and defines its own maker; no stage sees another.

#include <memory>

#include "cardiotwin/stage/stage.hpp"

namespace cardiotwin {
namespace ingest {
std::unique_ptr<stage::Stage> make_stage();
}
namespace segmentation {
std::unique_ptr<stage::Stage> make_stage();
}
namespace meshing {
std::unique_ptr<stage::Stage> make_stage();
}
namespace electrophysiology {
std::unique_ptr<stage::Stage> make_stage();
}
namespace mechanics {
std::unique_ptr<stage::Stage> make_stage();
}
namespace hemodynamics {
std::unique_ptr<stage::Stage> make_stage();
}
namespace report {
std::unique_ptr<stage::Stage> make_stage();
}
}  // namespace cardiotwin
