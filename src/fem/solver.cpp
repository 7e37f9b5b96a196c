#include "cardiotwin/fem/solver.hpp"

#include <cctype>
#include <cmath>
#include <set>
#include <sstream>

namespace cardiotwin::fem {

namespace {

bool is_key(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1]));
}

/// Puts "-key value" under the prefix, except where the user's PETSC_OPTIONS already say otherwise.
void set_option(const std::string& prefix, const std::string& key, const std::string& value) {
  static std::set<std::string> ours;  // several solvers may share a prefix: their own options are no user's
  const std::string name = "-" + prefix + key.substr(1);
  PetscBool present = PETSC_FALSE;
  check(PetscOptionsHasName(nullptr, nullptr, name.c_str(), &present), "PETSc options");
  if (present && !ours.contains(name)) return;
  ours.insert(name);
  check(PetscOptionsSetValue(nullptr, name.c_str(), value.empty() ? nullptr : value.c_str()), "PETSc options");
}

void set_options(const std::string& prefix, const std::string& options) {
  std::istringstream words(options);
  std::string word, key, value;
  const auto flush = [&] {
    if (!key.empty()) set_option(prefix, key, value);
    value.clear();
  };
  while (words >> word) {
    if (is_key(word)) {
      flush();
      key = word;
    } else {
      value = word;
    }
  }
  flush();
}

/// While it lives, multigrid's parallel matrix products add what ranks send in the order of ranks. PETSc's default adds
/// in the order of arrival, and from three ranks on no two runs agree to the last bit. The option exists for parallel
/// matrices only, so it cannot be set for good.
class OrderedProducts {
 public:
  explicit OrderedProducts(KSP ksp) {
    int ranks = 1;
    MPI_Comm_size(PetscObjectComm(reinterpret_cast<PetscObject>(ksp)), &ranks);
    PetscBool given = PETSC_FALSE;
    check(PetscOptionsHasName(nullptr, nullptr, option, &given), "PETSc options");
    if (ranks == 1 || given) return;
    check(PetscOptionsSetValue(nullptr, option, "allatonce"), "PETSc options");
    set_ = true;
  }
  ~OrderedProducts() {
    if (set_) PetscOptionsClearValue(nullptr, option);
  }
  OrderedProducts(const OrderedProducts&) = delete;
  OrderedProducts& operator=(const OrderedProducts&) = delete;

 private:
  static constexpr const char* option = "-matptap_via";
  bool set_ = false;
};

}  // namespace

LinearSolver::LinearSolver(core::Comm comm, const std::string& prefix, const std::string& options) : prefix_(prefix) {
  set_options(prefix, options);
  check(KSPCreate(comm.get(), ksp_.out()), "KSPCreate");
  check(KSPSetOptionsPrefix(ksp_, prefix.c_str()), "KSPSetOptionsPrefix");
  check(KSPSetFromOptions(ksp_), "KSPSetFromOptions");
}

void LinearSolver::set_matrix(Mat matrix) { check(KSPSetOperators(ksp_, matrix, matrix), "KSPSetOperators"); }

void LinearSolver::keep_preconditioner(bool keep) {
  check(KSPSetReusePreconditioner(ksp_, keep ? PETSC_TRUE : PETSC_FALSE), "KSPSetReusePreconditioner");
}

void LinearSolver::set_up() {
  const OrderedProducts ordered(ksp_);
  check(KSPSetUp(ksp_), ("linear solver \"" + prefix_ + "\"").c_str());
}

int LinearSolver::solve(Vec b, Vec x, bool use_guess) {
  check(KSPSetInitialGuessNonzero(ksp_, use_guess ? PETSC_TRUE : PETSC_FALSE), "KSPSetInitialGuessNonzero");
  const std::string where = "linear solver \"" + prefix_ + "\"";
  set_up();
  check(KSPSolve(ksp_, b, x), where.c_str());
  KSPConvergedReason reason{};
  const char* text = nullptr;
  PetscInt iterations = 0;
  KSPNormType norm_type{};
  check(KSPGetConvergedReason(ksp_, &reason), where.c_str());
  check(KSPGetConvergedReasonString(ksp_, &text), where.c_str());
  check(KSPGetIterationNumber(ksp_, &iterations), where.c_str());
  check(KSPGetNormType(ksp_, &norm_type), where.c_str());
  bool finite = true;
  if (norm_type == KSP_NORM_NONE) {  // then no convergence test has looked at the result
    PetscReal norm = 0;
    check(VecNorm(x, NORM_2, &norm), where.c_str());
    finite = std::isfinite(norm);
  }
  if (reason < 0 || !finite)
    core::fail_numerical({.where = where,
                          .expected = "convergence",
                          .found = std::string(finite ? text : "a result that is not finite") + " after " +
                                   std::to_string(iterations) + " iterations",
                          .remedy = "look for degenerate cells, extreme material values or too large a step"});
  return static_cast<int>(iterations);
}

}  // namespace cardiotwin::fem
