#include "cardiotwin/core/mpi.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace cardiotwin::core {

Comm::Comm(MPI_Comm comm) : comm_(comm) {
  MPI_Comm_rank(comm_, &rank_);
  MPI_Comm_size(comm_, &size_);
}

double Comm::sum(double value) const {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, comm_);
  return value;
}

std::int64_t Comm::sum(std::int64_t value) const {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_SUM, comm_);
  return value;
}

double Comm::max(double value) const {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, comm_);
  return value;
}

double Comm::min(double value) const {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MIN, comm_);
  return value;
}

bool Comm::any(bool value) const {
  int flag = value ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &flag, 1, MPI_INT, MPI_MAX, comm_);
  return flag != 0;
}

void Comm::sum(std::vector<double>& values) const {
  MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE, MPI_SUM, comm_);
}

void Comm::broadcast(std::string& text, int root) const {
  auto size = static_cast<std::uint64_t>(text.size());
  broadcast_bytes(&size, sizeof size, root);
  text.resize(size);
  broadcast_bytes(text.data(), size, root);
}

void Comm::barrier() const { MPI_Barrier(comm_); }

void Comm::broadcast_bytes(void* data, std::size_t bytes, int root) const {
  // MPI counts are int: send in pieces that fit.
  constexpr std::size_t piece = std::numeric_limits<int>::max() / 2;
  auto* at = static_cast<char*>(data);
  for (std::size_t done = 0; done < bytes; done += piece)
    MPI_Bcast(at + done, static_cast<int>(std::min(piece, bytes - done)), MPI_BYTE, root, comm_);
}

void collectively(const Comm& comm, const std::function<void()>& work) {
  std::optional<Error> mine;
  try {
    work();
  } catch (const Error& error) {
    mine = error;
  } catch (const std::exception& error) {
    mine = Error(ExitCode::numerical, {.where = "internal error on rank " + std::to_string(comm.rank()),
                                       .expected = "",
                                       .found = error.what(),
                                       .remedy = "please report this with the log of the run"});
  }
  int first = mine ? comm.rank() : comm.size();
  MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, comm.get());
  if (first == comm.size()) return;

  std::array<std::string, 5> parts;
  if (comm.rank() == first)
    parts = {std::to_string(static_cast<int>(mine->code())), mine->fault().where, mine->fault().expected,
             mine->fault().found, mine->fault().remedy};
  for (auto& part : parts) comm.broadcast(part, first);
  throw Error(static_cast<ExitCode>(std::stoi(parts[0])),
              {.where = parts[1], .expected = parts[2], .found = parts[3], .remedy = parts[4]})
      .as_collective();
}

void on_root(const Comm& comm, const std::function<void()>& work) {
  collectively(comm, [&] {
    if (comm.is_root()) work();
  });
}

}  // namespace cardiotwin::core
