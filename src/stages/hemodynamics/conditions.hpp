#pragma once
/// What surrounds the blood, from step to step: valves of a ventricle (valve_conditions.hpp), in- and outlets of a
/// vessel (vessel_conditions.hpp), or values of a known solution (exact_flow.hpp).

#include <span>
#include <string>
#include <vector>

#include "cardiotwin/stage/time_loop.hpp"
#include "fluid.hpp"
#include "motion.hpp"
#include "surface_set.hpp"

namespace cardiotwin::hemodynamics {

/// A surface whose flow is recorded. Where it is an opening of known pressure, what counts is the outflow that the
/// discrete mass balance sees: nodal velocities there differ from it by the mesh's square.
struct Passage {
  std::string name;
  SurfaceSet surface;
  int sign = 1;      ///< of the flow out of the domain: -1 where flow into it is counted as positive
  int opening = -1;  ///< its number among the boundary's openings of known pressure
};

class Conditions {
 public:
  virtual ~Conditions() = default;

  virtual const std::vector<Passage>& passages() const = 0;
  /// Local triangles where there is no slip now.
  virtual std::vector<std::int32_t> no_slip() const = 0;

  /// Which nodes are fixed and where blood passes freely, now; values are of no meaning.
  virtual const Boundary& layout() const = 0;
  /// A number for the layout: preconditioners belong to one.
  virtual int layout_number() const { return 0; }
  /// Puts the conditions where layout_number() was `number`; for resuming.
  virtual void set_layout_number(int /*number*/) {}

  /// Collective. Before a time step of `step` ms from `time`: valves may open and close, and change the state.
  virtual void prepare(double /*time*/, double /*step*/, FluidState& /*state*/) {}
  /// Collective. At the end, `time`, of a step of `step` ms.
  virtual Boundary at(double time, double step, std::span<const Vec3> x, const Vectors& mesh_velocity) = 0;
  /// The step was made; `outflow` through the boundary's openings.
  virtual void accept(double /*step*/, std::span<const double> /*outflow*/) {}

  /// Figures that accept() changes.
  virtual std::vector<double> memory() const { return {}; }
  virtual void set_memory(std::span<const double> /*memory*/) {}
  /// A word for the progress line.
  virtual std::string status() const { return {}; }
  /// Fields that prepare() changes, besides. Collective.
  virtual void save(stage::State& /*state*/) {}
  virtual void load(const stage::State& /*state*/) {}
};

}  // namespace cardiotwin::hemodynamics
