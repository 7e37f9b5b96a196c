#include "motion.hpp"

#include "bdf2.hpp"

namespace cardiotwin::hemodynamics {

Vectors node_velocity(const Motion& motion, const fem::Space& space, double time, double step, double previous) {
  std::vector<Vec3> x(space.locals());
  Vectors velocity;
  velocity.fill(Scalars(x.size(), 0.0));
  if (!motion.moves()) return velocity;
  const Bdf2 w = bdf2(step, previous);
  std::vector<Vec3> before(x.size()), earlier(x.size());
  motion.positions(time, x);
  motion.positions(time - step, before);
  motion.positions(time - step - previous, earlier);
  for (int d = 0; d < 3; ++d)
    for (std::size_t n = 0; n < x.size(); ++n)
      velocity[d][n] = w.a0 * x[n][d] + w.a1 * before[n][d] + w.a2 * earlier[n][d];
  return velocity;
}

}  // namespace cardiotwin::hemodynamics
