/// Runs one network of the segmentation stage again and again; scripts/benchmark_inference drives it beside PyTorch.
///
/// benchmark_network_inference MODEL.h5 BATCH INPUT OUTPUT: values as raw float32. Prints "ready" after a first run
/// whose logits go to OUTPUT; then, for each line read, runs again and prints the seconds by the clock and of processor
/// time.

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>

#include "segmentation/model.hpp"
#include "segmentation/network.hpp"

int main(int argc, char** argv) {
  using namespace cardiotwin::segmentation;
  if (argc != 5) {
    std::cerr << "usage: benchmark_network_inference MODEL.h5 BATCH INPUT OUTPUT\n";
    return EXIT_FAILURE;
  }
  const Model model = load_model(argv[1]);
  Network network(model, std::stoll(argv[2]), model.patch_size);
  const auto input = network.input();
  std::ifstream(argv[3], std::ios::binary)
      .read(reinterpret_cast<char*>(input.data()), static_cast<std::streamsize>(input.size_bytes()));
  const auto logits = network.run();
  std::ofstream(argv[4], std::ios::binary)
      .write(reinterpret_cast<const char*>(logits.data()), static_cast<std::streamsize>(logits.size_bytes()));
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t used = std::clock();
    network.run();
    std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << " "
              << static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC << std::endl;
  }
  return EXIT_SUCCESS;
}
