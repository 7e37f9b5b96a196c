#pragma once
/// RAII for PETSc objects, and its error codes turned into core::Error.

#include <petscksp.h>

#include <memory>
#include <utility>

#include "cardiotwin/core/error.hpp"

namespace cardiotwin::fem {

/// Throws core::Error (numerical) when a PETSc call failed. Collective when the call was.
void check(PetscErrorCode code, const char* what = "PETSc");

/// Starts PETSc on first use and ends it with the last guard; main and the tests' main hold one.
class PetscGuard {
 public:
  PetscGuard();
  ~PetscGuard();
  PetscGuard(const PetscGuard&) = delete;
  PetscGuard& operator=(const PetscGuard&) = delete;
};

/// Owning handle of a PETSc object.
template <class T, PetscErrorCode (*Destroy)(T*)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(T object) : object_(object) {}
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (object_) Destroy(&object_);
  }
  T get() const { return object_; }
  operator T() const { return object_; }
  T* out() { return &object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T object_ = nullptr;
};
using Vector = Owned<Vec, VecDestroy>;
using Matrix = Owned<Mat, MatDestroy>;
using Solver = Owned<KSP, KSPDestroy>;

/// Read or write access to the local part of a vector, ghosts included where it has them; restores on destruction.
class LocalArray {
 public:
  explicit LocalArray(Vec vector);
  ~LocalArray();
  LocalArray(const LocalArray&) = delete;
  LocalArray& operator=(const LocalArray&) = delete;
  double* data() { return data_; }
  double& operator[](std::size_t i) { return data_[i]; }

 private:
  Vec vector_, local_ = nullptr;
  double* data_ = nullptr;
};

}  // namespace cardiotwin::fem
