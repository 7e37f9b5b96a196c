/// A stage in which rank 1 fails alone while the others wait for it.

#include "cardiotwin/stage/plugin.hpp"

namespace {

using namespace cardiotwin;

class RankFailure : public stage::Stage {
 public:
  stage::Contract contract() const override { return {.name = "rank_failure", .summary = "fails on rank 1"}; }
  config::Spec parameters() const override { return {}; }
  stage::Outcome run(stage::Context& context) override {
    if (context.comm.rank() == 1) core::fail_numerical({"rank_failure", "nothing", "a failure of one rank", ""});
    context.comm.barrier();
    return stage::Outcome::complete;
  }
};

}  // namespace

CARDIOTWIN_PLUGIN(RankFailure)
