#pragma once
/// A complete set of artifacts of an idealised beating ventricle, made by formulas: what all stages together would
/// leave.

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/image.hpp"
#include "cardiotwin/artifacts/labels.hpp"
#include "cardiotwin/artifacts/physics.hpp"

namespace cardiotwin::test {

struct Synthetic {
  artifacts::Image image;
  artifacts::ClinicalValues clinical;
  artifacts::Labels labels;
  artifacts::HeartMesh mesh;
  artifacts::Activation activation;
  artifacts::WallMotion motion;
  artifacts::Flow flow;
};
Synthetic synthetic();

}  // namespace cardiotwin::test
