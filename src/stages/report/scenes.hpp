#pragma once
/// Pictures of the heart: its mesh, fibres, activation and strain.

#include <string>
#include <vector>

#include "cardiotwin/artifacts/heart_mesh.hpp"
#include "cardiotwin/artifacts/physics.hpp"
#include "picture.hpp"
#include "viewpoint.hpp"

namespace cardiotwin::report {

Picture mesh_picture(const artifacts::HeartMesh& mesh, const Viewpoint& view, int height);
Picture orifice_picture(const artifacts::HeartMesh& mesh, const Viewpoint& view, int height);
Picture fibre_picture(const artifacts::HeartMesh& mesh, const Viewpoint& view, bool inside, int height);
Picture activation_picture(const artifacts::HeartMesh& mesh, const artifacts::Activation& activation,
                           const Viewpoint& view, bool inside, int height);
/// The wall where `displacement` takes it, cut open, coloured by a strain a point; `caption` and `label` say which.
Picture strain_picture(const artifacts::HeartMesh& mesh, const std::vector<Vec3>& displacement,
                       const std::vector<double>& strain, const Viewpoint& view, std::string name, std::string label,
                       std::string caption, int height);
}  // namespace cardiotwin::report
