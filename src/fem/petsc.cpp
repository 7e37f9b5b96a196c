#include "cardiotwin/fem/petsc.hpp"

#include <string>

namespace cardiotwin::fem {

namespace {

int guards = 0;
bool started_here = false;

/// The first words of the error now travelling up through PETSc.
std::string& last_message() {
  static std::string text;
  return text;
}

/// Keeps the message for check() instead of printing it: our own exception says it once.
PetscErrorCode remember(MPI_Comm, int, const char* function, const char*, PetscErrorCode code, PetscErrorType type,
                        const char* message, void*) {
  if (type == PETSC_ERROR_INITIAL) {
    const char* kind = nullptr;
    PetscErrorMessage(code, &kind, nullptr);
    last_message() = std::string(function ? function : "PETSc") + ": " + (kind ? kind : "error") + "; " +
                     (message ? message : "no message");
  }
  return code;
}

}  // namespace

void check(PetscErrorCode code, const char* what) {
  if (code == 0) return;
  std::string found = "PETSc error " + std::to_string(code);
  if (!last_message().empty()) found += " (" + last_message() + ")";
  last_message().clear();
  core::fail_numerical({.where = what,
                        .expected = "the linear algebra to succeed",
                        .found = found,
                        .remedy = "check the mesh and the solver options (PETSC_OPTIONS among them)"});
}

PetscGuard::PetscGuard() {
  if (guards++ > 0) return;
  PetscBool running = PETSC_FALSE;
  PetscInitialized(&running);
  if (running) return;
  check(PetscInitializeNoArguments(), "start of PETSc");
  started_here = true;
  // Signals belong to core::StopRequest and to the batch system, not to PETSc.
  check(PetscPopSignalHandler(), "PETSc's signal handler");
  check(PetscPushErrorHandler(remember, nullptr), "PETSc's error handler");
}

PetscGuard::~PetscGuard() {
  if (--guards > 0 || !started_here) return;
  started_here = false;
  PetscFinalize();
}

LocalArray::LocalArray(Vec vector) : vector_(vector) {
  check(VecGhostGetLocalForm(vector_, &local_), "VecGhostGetLocalForm");
  check(VecGetArray(local_ ? local_ : vector_, &data_), "VecGetArray");
}

LocalArray::~LocalArray() {
  VecRestoreArray(local_ ? local_ : vector_, &data_);
  VecGhostRestoreLocalForm(vector_, &local_);
}

}  // namespace cardiotwin::fem
