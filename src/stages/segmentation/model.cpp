#include "model.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>

#include "cardiotwin/core/error.hpp"
#include "cardiotwin/io/hdf5.hpp"
#include "cardiotwin/io/sha256.hpp"

namespace cardiotwin::segmentation {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t format_major = 1;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& expected, const std::string& found) {
  core::fail_integrity(
      {path.string(), expected, found,
       "restore the model file (data/MANIFEST lists the hashes of the shipped ones) or export it again"});
}

const std::map<std::string, Operation> operations = {
    {"input", Operation::input},
    {"convolution", Operation::convolution},
    {"transposed_convolution", Operation::transposed_convolution},
    {"instance_norm", Operation::instance_norm},
    {"group_norm", Operation::group_norm},
    {"batch_norm", Operation::batch_norm},
    {"leaky_relu", Operation::leaky_relu},
    {"max_pool", Operation::max_pool},
    {"average_pool", Operation::average_pool},
    {"concatenate", Operation::concatenate},
    {"add", Operation::add},
    {"upsample", Operation::upsample},
    {"pad_like", Operation::pad_like},
};

Node read_node(const Json& json, const std::map<std::string, int>& number_of) {
  Node node;
  node.name = json.at("name");
  node.operation = operations.at(json.at("operation").get<std::string>());
  for (const auto& input : json.at("inputs")) node.inputs.push_back(number_of.at(input.get<std::string>()));
  const auto list = [&](const char* key, std::vector<std::int64_t>& into) {
    if (json.contains(key)) into = json.at(key).get<std::vector<std::int64_t>>();
  };
  list("kernel", node.kernel);
  list("stride", node.stride);
  list("padding", node.padding);
  list("output_padding", node.output_padding);
  list("scale", node.scale);
  node.groups = json.value("groups", std::int64_t{1});
  node.slope = json.value("slope", 0.0F);
  node.epsilon = json.value("epsilon", 0.0F);
  node.linear = json.value("mode", "nearest") == "linear";
  return node;
}

Normalisation read_normalisation(const Json& json) {
  using Kind = Normalisation::Kind;
  using Region = Normalisation::Region;
  static const std::map<std::string, Kind> kinds = {{"none", Kind::none},
                                                    {"percentiles", Kind::percentiles},
                                                    {"range", Kind::range},
                                                    {"standard_score", Kind::standard_score},
                                                    {"window", Kind::window}};
  static const std::map<std::string, Region> regions = {
      {"patch", Region::patch}, {"image", Region::image}, {"nonzero", Region::nonzero}};
  Normalisation n;
  n.kind = kinds.at(json.at("kind"));
  n.region = regions.at(json.value("region", "patch"));
  n.low = json.value("low", n.low);
  n.high = json.value("high", n.high);
  n.mean = json.value("mean", n.mean);
  n.deviation = json.value("deviation", n.deviation);
  return n;
}

/// A description without lists for them (version 1.0) means: one normalisation for all channels, axes as they are,
/// views mirrored in the plane.
void read_preprocessing(const Json& json, Model& model) {
  model.spacing_mm = json.at("spacing_mm").get<std::vector<double>>();
  model.patch_size = json.at("patch_size").get<std::vector<std::int64_t>>();
  model.axes = json.value("axes", model.axes);
  model.mirror_axes = json.value("mirror_axes", model.dimensions == 2 ? std::vector{0, 1} : std::vector{1, 2});
  model.crop_to_nonzero = json.value("crop", "none") == "nonzero";
  const Json& normalisation = json.at("normalisation");
  if (normalisation.is_array())
    for (const auto& channel : normalisation) model.normalisation.push_back(read_normalisation(channel));
  else
    model.normalisation.assign(static_cast<std::size_t>(std::clamp(model.input_channels, 0, 64)),
                               read_normalisation(normalisation));
}

Model read_description(const Json& json) {
  Model model;
  model.name = json.at("name");
  model.modality = json.at("modality");
  model.orientation = json.at("orientation");
  model.dimensions = json.at("dimensions");
  model.input_channels = json.at("input_channels");
  model.labels = json.at("labels").get<std::vector<std::string>>();
  model.training = json.at("training").dump();
  read_preprocessing(json.at("preprocessing"), model);
  std::map<std::string, int> number_of;
  for (const auto& entry : json.at("graph")) {
    model.graph.push_back(read_node(entry, number_of));
    number_of[model.graph.back().name] = static_cast<int>(number_of.size());
  }
  return model;
}

/// Reads the weights into their nodes and returns the hash over description and weights.
std::string read_weights(const io::Reader& file, const std::string& description, Model& model) {
  std::map<std::string, Weights*> by_path;  // sorted, as the hash wants it
  for (auto& node : model.graph) {
    if (!file.has("/weights/" + node.name)) continue;
    for (const auto& key : file.children("/weights/" + node.name)) {
      const std::string path = node.name + "/" + key;
      Weights& weights = node.weights[key];
      weights.values = file.read<float>("/weights/" + path);
      for (const auto extent : file.shape("/weights/" + path))
        weights.shape.push_back(static_cast<std::int64_t>(extent));
      by_path[path] = &weights;
    }
  }
  std::string bytes = description;
  for (const auto& [path, weights] : by_path) {
    bytes += path;
    bytes.append(reinterpret_cast<const char*>(weights->values.data()), weights->values.size() * sizeof(float));
  }
  return io::sha256(bytes);
}

/// What the engine takes for granted; the text names the first thing that is wrong, "" when nothing is.
std::string defect_of(const Model& model) {
  const auto d = static_cast<std::size_t>(model.dimensions);
  if (d != 2 && d != 3) return "a network of " + std::to_string(d) + " dimensions";
  if (model.spacing_mm.size() != d || model.patch_size.size() != d) return "spacing or patch size of another dimension";
  if (std::ranges::any_of(model.spacing_mm, [](double s) { return !(s > 0); })) return "a spacing that is not positive";
  if (std::ranges::any_of(model.patch_size, [](std::int64_t s) { return s < 1; }))
    return "a patch size that is not positive";
  if (model.labels.empty()) return "no labels";
  if (model.input_channels < 1 || std::ssize(model.normalisation) != model.input_channels)
    return "not one normalisation for each input channel";
  if (!std::ranges::is_permutation(model.axes, std::vector<std::size_t>{0, 1, 2}))
    return "axes that are not 0, 1 and 2";
  std::vector<int> mirrored = model.mirror_axes;
  std::ranges::sort(mirrored);
  if (std::ranges::adjacent_find(mirrored) != mirrored.end() ||
      std::ranges::any_of(mirrored, [&](int a) { return a < 0 || a >= model.dimensions; }))
    return "mirror axes that are not axes of the patch";
  if (model.graph.size() < 2 || model.graph[0].operation != Operation::input)
    return "a graph that does not start with its input";
  const auto lists = [&](const Node& n, std::initializer_list<const std::vector<std::int64_t>*> wanted) {
    (void)n;
    return std::ranges::all_of(wanted, [&](const auto* list) {
      return list->size() == d && std::ranges::all_of(*list, [](std::int64_t v) { return v >= 0; });
    });
  };
  const auto weights = [](const Node& n, std::initializer_list<const char*> wanted) {
    return std::ranges::all_of(wanted, [&](const char* key) { return n.weights.contains(key); });
  };
  for (const auto& node : model.graph) {
    const std::size_t inputs = node.inputs.size();
    bool good = inputs == 1;
    switch (node.operation) {
      case Operation::input:
        good = inputs == 0 && &node == &model.graph[0];
        break;
      case Operation::convolution:
      case Operation::transposed_convolution:
        good = good && lists(node, {&node.kernel, &node.stride, &node.padding}) && weights(node, {"weight", "bias"}) &&
               node.weights.at("weight").shape.size() == d + 2 &&
               (node.output_padding.empty() || lists(node, {&node.output_padding}));
        break;
      case Operation::max_pool:
      case Operation::average_pool:
        good = good && lists(node, {&node.kernel, &node.stride, &node.padding});
        break;
      case Operation::instance_norm:
      case Operation::group_norm:
        good = good && weights(node, {"scale", "shift"});
        break;
      case Operation::batch_norm:
        good = good && weights(node, {"scale", "shift", "mean", "variance"});
        break;
      case Operation::leaky_relu:
        break;
      case Operation::upsample:
        good = good && lists(node, {&node.scale});
        break;
      case Operation::pad_like:
        good = inputs == 2;
        break;
      case Operation::concatenate:
      case Operation::add:
        good = inputs >= 2;
        break;
    }
    if (!good) return "node \"" + node.name + "\" with inputs, attributes or weights that do not fit its operation";
  }
  return {};
}

}  // namespace

Model load_model(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    core::fail_input(
        {path.string(), "a model file", "no such file", "set segmentation.model_file to an exported network"});
  const io::Reader file(path);
  if (!file.has("/description") || !file.has("/sha256"))
    refuse(path, "a network model file", "an HDF5 file without a network");
  const auto version = file.integer_attribute("/", "version");
  if (version.empty() || version[0] != format_major)
    refuse(path, "model format version 1", "version " + (version.empty() ? "none" : std::to_string(version[0])));
  const std::string description = file.read_text("/description"), stored = file.read_text("/sha256");
  Model model;
  try {
    model = read_description(Json::parse(description));
  } catch (const std::exception& error) {
    refuse(path, "a network description", std::string("one that cannot be read: ") + error.what());
  }
  model.sha256 = read_weights(file, description, model);
  if (model.sha256 != stored)
    refuse(path, "content with hash " + stored, "content with hash " + model.sha256 + ": the file was altered");
  if (const std::string defect = defect_of(model); !defect.empty()) refuse(path, "a usable network", defect);
  return model;
}

}  // namespace cardiotwin::segmentation
