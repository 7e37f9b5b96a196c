/// GoogleTest under MPI: every rank runs every test; the verdict is reduced, and failures are printed by the rank that
/// saw them.

#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>

#include "cardiotwin/fem/petsc.hpp"
#include "cardiotwin/sandbox/sandbox.hpp"

namespace {

class RankPrefix : public testing::EmptyTestEventListener {
 public:
  explicit RankPrefix(int rank) : rank_(rank) {}
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.failed())
      std::fprintf(stderr, "[rank %d] %s:%d: %s\n", rank_, result.file_name() ? result.file_name() : "",
                   result.line_number(), result.message());
  }

 private:
  int rank_;
};

}  // namespace

int main(int argc, char** argv) {
  cardiotwin::sandbox::serve(argc, argv);
  MPI_Init(&argc, &argv);
  int verdict = 0;
  {
    const cardiotwin::fem::PetscGuard petsc;
    testing::InitGoogleTest(&argc, argv);
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    if (rank != 0) {
      delete listeners.Release(listeners.default_result_printer());
      listeners.Append(new RankPrefix(rank));
    }
    verdict = RUN_ALL_TESTS();
    MPI_Allreduce(MPI_IN_PLACE, &verdict, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  }
  MPI_Finalize();
  return verdict;
}
