#include "network.hpp"

#include <algorithm>
#include <dnnl.hpp>
#include <functional>
#include <new>
#include <optional>

#include "cardiotwin/core/error.hpp"
#include "channel_norm.hpp"
#include "rearrange.hpp"
#include "winograd.hpp"

namespace cardiotwin::segmentation {
namespace {

using dnnl::memory;
using Dims = memory::dims;
constexpr auto f32 = memory::data_type::f32;
constexpr auto inference = dnnl::prop_kind::forward_inference;

memory::format_tag planar(std::size_t axes) { return axes == 4 ? memory::format_tag::nchw : memory::format_tag::ncdhw; }
memory::desc any_layout(const Dims& dims) { return {dims, f32, memory::format_tag::any}; }

/// Other dimensions in a layout of the same kind: planar, or with the same blocks of channels, or channels last.
memory::desc same_layout(const Dims& dims, const ChannelLayout& layout) {
  using Tag = memory::format_tag;
  const bool flat = dims.size() == 4;
  if (layout.block == 8) return {dims, f32, flat ? Tag::nChw8c : Tag::nCdhw8c};
  if (layout.block == 16) return {dims, f32, flat ? Tag::nChw16c : Tag::nCdhw16c};
  if (layout.block > 1) return {dims, f32, flat ? Tag::nhwc : Tag::ndhwc};
  return {dims, f32, planar(dims.size())};
}

/// (k, j, i); k is 1 for two-dimensional activations.
Extent extent_of(const Dims& dims) {
  return {dims.size() == 5 ? dims[2] : 1, dims[dims.size() - 2], dims[dims.size() - 1]};
}

/// The channel view of a layout; nothing where it is none of the usual ones.
std::optional<ChannelLayout> channel_layout(const memory::desc& desc) {
  const auto& blocking = desc.data.format_desc.blocking;
  const int axes = desc.data.ndims;
  ChannelLayout layout;
  layout.images = desc.data.dims[0];
  layout.channels = desc.data.dims[1];
  layout.pixels = 1;
  for (int a = 2; a < axes; ++a) layout.pixels *= desc.data.dims[a];
  for (int a = 2; a + 1 < axes; ++a)
    if (blocking.strides[a] != blocking.strides[a + 1] * desc.data.dims[a + 1]) return {};
  layout.image_stride = blocking.strides[0];
  layout.block_stride = blocking.strides[1];
  layout.pixel_stride = blocking.strides[axes - 1];
  if (blocking.inner_nblks == 1 && blocking.inner_idxs[0] == 1)
    layout.block = blocking.inner_blks[0];
  else if (blocking.inner_nblks == 0)
    layout.block = blocking.strides[1] == 1 && layout.pixel_stride != 1 ? layout.channels : 1;
  else
    return {};
  return layout;
}

struct AlignedBytes {
  explicit AlignedBytes(std::size_t bytes)
      : data(::operator new (std::max<std::size_t>(bytes, 64), std::align_val_t{64})) {}
  ~AlignedBytes() { ::operator delete (data, std::align_val_t{64}); }
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;
  void* data;
};

/// Scratch buffers by number; one that is released may be taken again. Sizes are final when the plan is.
class BufferPool {
 public:
  int take(std::size_t bytes) {
    int best = -1;
    for (std::size_t b = 0; b < sizes_.size(); ++b) {
      if (!free_[b]) continue;
      const int candidate = static_cast<int>(b);
      if (best < 0 || fits_better(sizes_[b], sizes_[static_cast<std::size_t>(best)], bytes)) best = candidate;
    }
    if (best < 0) {
      sizes_.push_back(0);
      free_.push_back(false);
      best = static_cast<int>(sizes_.size()) - 1;
    }
    const auto b = static_cast<std::size_t>(best);
    sizes_[b] = std::max(sizes_[b], bytes);
    free_[b] = false;
    return best;
  }
  void release(int buffer) { free_[static_cast<std::size_t>(buffer)] = true; }
  const std::vector<std::size_t>& sizes() const { return sizes_; }

 private:
  /// The smallest that is large enough, else the largest.
  static bool fits_better(std::size_t a, std::size_t b, std::size_t wanted) {
    return a >= wanted ? b < wanted || a < b : b < wanted && a > b;
  }
  std::vector<std::size_t> sizes_;
  std::vector<bool> free_;
};

}  // namespace

class Network::Plan {
 public:
  Plan(const Model& model, std::int64_t images, const std::vector<std::int64_t>& size)
      : model_(model), images_(images) {
    count_uses();
    Dims dims{images, model.input_channels};
    dims.insert(dims.end(), size.begin(), size.end());
    values_.resize(model.graph.size());
    values_[0] = bind({dims, f32, planar(dims.size())});
    input_ = memory(values_[0].memory.get_desc(), engine_);
    steps_.push_back(reorder(input_, values_[0].memory));
    for (std::size_t n = 1; n < model.graph.size(); ++n) plan_node(n);
    const Dims found = values_.back().memory.get_desc().dims();
    if (found[1] != static_cast<std::int64_t>(model.labels.size()) ||
        !std::equal(size.begin(), size.end(), found.begin() + 2))
      misfit(model.graph.back(), "one value per label and pixel of the input");
    output_ = memory({found, f32, planar(found.size())}, engine_);
    steps_.push_back(reorder(values_.back().memory, output_));
    for (const std::size_t bytes : pool_.sizes()) storage_.push_back(std::make_unique<AlignedBytes>(bytes));
    for (auto& [memory, buffer] : bound_) memory.set_data_handle(storage_[static_cast<std::size_t>(buffer)]->data);
  }

  void run() {
    for (const auto& step : steps_) step(stream_);
    stream_.wait();
  }
  std::span<float> data_of(memory& m) {
    return {static_cast<float*>(m.get_data_handle()), m.get_desc().get_size() / sizeof(float)};
  }
  memory input_, output_;
  std::int64_t images() const { return images_; }

 private:
  struct Value {
    dnnl::memory memory;
    int buffer = -1;
  };
  using Step = std::function<void(dnnl::stream&)>;

  [[noreturn]] void misfit(const Node& node, const std::string& expected) const {
    core::fail_integrity({"model " + model_.name + ", node \"" + node.name + "\"", expected, "sizes that do not fit",
                          "export the network again with a patch size that it can halve as often as it pools"});
  }

  void count_uses() {
    uses_.assign(model_.graph.size(), 0);
    for (const auto& node : model_.graph)
      for (const int i : node.inputs) ++uses_[static_cast<std::size_t>(i)];
    ++uses_.back();  // the result
  }

  Value bind(const memory::desc& desc) {
    Value value{memory(desc, engine_, DNNL_MEMORY_NONE), pool_.take(desc.get_size())};
    bound_.emplace_back(value.memory, value.buffer);
    return value;
  }

  static Step reorder(const memory& from, const memory& to) {
    return [from, to, primitive = dnnl::reorder(from, to)](dnnl::stream& stream) {
      memory source = from, target = to;
      primitive.execute(stream, source, target);
    };
  }

  void add_primitive(const dnnl::primitive& primitive, std::unordered_map<int, memory> arguments) {
    steps_.push_back(
        [primitive, arguments = std::move(arguments)](dnnl::stream& stream) { primitive.execute(stream, arguments); });
  }

  static float* data(const memory& m) { return static_cast<float*>(m.get_data_handle()); }
  /// A step of our own.
  void add_kernel(std::function<void()> kernel) {
    steps_.push_back([kernel = std::move(kernel)](dnnl::stream& stream) {
      stream.wait();
      kernel();
    });
  }

  /// The value in the wanted layout; a temporary one that is released after the node where it differs.
  memory in_layout(const Value& value, const memory::desc& wanted, std::vector<int>& temporary) {
    if (value.memory.get_desc() == wanted) return value.memory;
    const Value moved = bind(wanted);
    steps_.push_back(reorder(value.memory, moved.memory));
    temporary.push_back(moved.buffer);
    return moved.memory;
  }

  /// A value that may be changed in place: the input itself where nobody else needs it, else a copy.
  Value own(std::size_t input, const memory::desc& layout) {
    if (uses_[input] == 1 && values_[input].memory.get_desc() == layout) {
      const Value value = values_[input];
      values_[input].buffer = -1;
      return value;
    }
    const Value copy = bind(layout);
    steps_.push_back(reorder(values_[input].memory, copy.memory));
    return copy;
  }

  /// The node's input as a value to change in place, in a layout that our kernels know; it becomes the node's value.
  std::pair<Value, ChannelLayout> own_by_channel(std::size_t n) {
    const auto from = static_cast<std::size_t>(model_.graph[n].inputs[0]);
    memory::desc desc = values_[from].memory.get_desc();
    if (!channel_layout(desc)) desc = memory::desc(desc.dims(), f32, planar(desc.dims().size()));
    values_[n] = own(from, desc);
    return {values_[n], *channel_layout(desc)};
  }

  /// Takes the activation into the node before it, whose value is then the same; null where there is none to take.
  const Node* absorbed_activation(std::size_t n, bool slopes_by_channel) {
    if (uses_[n] != 1) return nullptr;
    for (std::size_t next = n + 1; next < model_.graph.size(); ++next) {
      const Node& node = model_.graph[next];
      if (std::ranges::find(node.inputs, static_cast<int>(n)) == node.inputs.end()) continue;
      if (node.operation != Operation::leaky_relu || (!slopes_by_channel && !node.weights.empty())) return nullptr;
      absorbed_.push_back(next);
      return &node;
    }
    return nullptr;
  }
  /// oneDNN's way to say so.
  dnnl::primitive_attr with_activation(std::size_t n) {
    dnnl::primitive_attr attributes;
    if (const Node* activation = absorbed_activation(n, false)) {
      dnnl::post_ops after;
      after.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, activation->slope, 0.0F);
      attributes.set_post_ops(after);
    }
    return attributes;
  }
  /// One slope for each channel.
  std::vector<float> slopes_of(const Node& activation, std::int64_t channels) const {
    const auto found = activation.weights.find("slope");
    if (found == activation.weights.end())
      return std::vector<float>(static_cast<std::size_t>(channels), activation.slope);
    if (std::ssize(found->second.values) != channels) misfit(activation, "one slope per channel");
    return found->second.values;
  }

  void plan_node(std::size_t n) {
    const Node& node = model_.graph[n];
    std::vector<int> temporary;
    try {
      switch (node.operation) {
        case Operation::input:
          break;
        case Operation::convolution:
          if (!plan_winograd(n, temporary)) plan_convolution(n, temporary);
          break;
        case Operation::transposed_convolution:
          if (!plan_upsampling_by_convolution(n, temporary)) plan_convolution(n, temporary);
          break;
        case Operation::instance_norm:
        case Operation::group_norm:
        case Operation::batch_norm:
          plan_norm(n);
          break;
        case Operation::leaky_relu:
          plan_activation(n);
          break;
        case Operation::max_pool:
        case Operation::average_pool:
          plan_pool(n);
          break;
        case Operation::concatenate:
          plan_concatenation(n, temporary);
          break;
        case Operation::add:
          plan_sum(n, temporary);
          break;
        case Operation::upsample:
          plan_upsampling(n);
          break;
        case Operation::pad_like:
          plan_padding(n, temporary);
          break;
      }
    } catch (const dnnl::error& error) {
      misfit(node, std::string("an operation that oneDNN can do (") + error.what() + ")");
    }
    for (const int buffer : temporary) pool_.release(buffer);
    for (const int i : node.inputs)
      if (Value& value = values_[static_cast<std::size_t>(i)];
          --uses_[static_cast<std::size_t>(i)] == 0 && value.buffer >= 0) {
        pool_.release(value.buffer);
        value.buffer = -1;
      }
  }

  const Value& input_of(const Node& node, std::size_t which = 0) const {
    return values_[static_cast<std::size_t>(node.inputs[which])];
  }
  static Dims dims_of(const Value& value) { return value.memory.get_desc().dims(); }

  /// Weights that live as long as the plan, in the layout that the primitive wants.
  memory constant(const Weights& weights, const Dims& dims, memory::format_tag tag, const memory::desc& wanted) {
    const memory given({dims, f32, tag}, engine_, const_cast<float*>(weights.values.data()));
    const memory kept(wanted, engine_);
    reorder(given, kept)(stream_);
    stream_.wait();
    return kept;
  }

  /// Kernels of 3 over many channels are faster by minimal filtering. False where that does not apply.
  bool plan_winograd(std::size_t n, std::vector<int>& temporary) {
    constexpr std::int64_t fewest_channels = 16;  // with fewer, the transforms cost more than they save
    const Node& node = model_.graph[n];
    const Weights& weight = node.weights.at("weight");
    const Dims in = dims_of(input_of(node));
    const std::int64_t inputs = in[1], outputs = weight.shape[0];
    const std::vector<std::int64_t> ones(node.kernel.size(), 1);
    std::vector<std::int64_t> padding(ones);
    const std::int64_t slices = node.kernel.size() == 3 ? node.kernel[0] : 1;
    if (node.kernel.size() == 3) padding[0] = slices / 2;
    const bool kernel_fits = (slices == 1 || slices == 3) &&
                             std::all_of(node.kernel.end() - 2, node.kernel.end(), [](auto k) { return k == 3; });
    if (!WinogradConvolution::suits(extent_of(in)) || !kernel_fits || node.stride != ones || node.padding != padding ||
        inputs < fewest_channels || outputs < fewest_channels || weight.shape[1] != inputs)
      return false;
    const auto found = channel_layout(input_of(node).memory.get_desc());
    if (!found || found->block != 8) return false;  // another processor's layout, or another library's choice
    const memory source = in_layout(input_of(node), same_layout(in, *found), temporary);
    const Node* activation = absorbed_activation(n, false);
    Dims out = in;
    out[1] = outputs;
    values_[n] = bind(same_layout(out, *found));
    const auto convolution =
        std::make_shared<WinogradConvolution>(weight.values, node.weights.at("bias").values, inputs, outputs, slices,
                                              activation ? std::optional<float>(activation->slope) : std::nullopt);
    const ChannelLayout from = *channel_layout(source.get_desc()), to = *channel_layout(values_[n].memory.get_desc());
    add_kernel([=, size = extent_of(in), target = values_[n].memory] {
      convolution->run(from, data(source), to, data(target), size);
    });
    return true;
  }

  void plan_convolution(std::size_t n, std::vector<int>& temporary) {
    const Node& node = model_.graph[n];
    const bool transposed = node.operation == Operation::transposed_convolution;
    const Weights& weight = node.weights.at("weight");
    const Dims in = dims_of(input_of(node));
    const std::int64_t inputs = weight.shape[transposed ? 0 : 1], outputs = weight.shape[transposed ? 1 : 0];
    Dims kernel{outputs, inputs}, out{in[0], outputs};
    std::int64_t count = inputs * outputs;
    Dims padding_after = node.padding;
    for (std::size_t a = 0; a < node.kernel.size(); ++a) {
      if (node.stride[a] < 1 || weight.shape[a + 2] != node.kernel[a]) misfit(node, "weights of the kernel's size");
      kernel.push_back(node.kernel[a]);
      count *= node.kernel[a];
      if (!node.output_padding.empty()) padding_after[a] -= node.output_padding[a];
      out.push_back(transposed ? (in[a + 2] - 1) * node.stride[a] - node.padding[a] - padding_after[a] + node.kernel[a]
                               : (in[a + 2] + 2 * node.padding[a] - node.kernel[a]) / node.stride[a] + 1);
      if (out.back() < 1) misfit(node, "an input no smaller than the kernel");
    }
    if (inputs != in[1] || static_cast<std::size_t>(count) != weight.values.size())
      misfit(node, "as many input channels as it has weights for");
    const dnnl::primitive_attr attributes = with_activation(n);
    const bool flat = kernel.size() == 4;
    if (transposed) {
      const auto tag = flat ? memory::format_tag::iohw : memory::format_tag::iodhw;
      const dnnl::deconvolution_forward::desc wish(inference, dnnl::algorithm::deconvolution_direct, any_layout(in),
                                                   any_layout(kernel), any_layout({outputs}), any_layout(out),
                                                   node.stride, node.padding, padding_after);
      add_convolution<dnnl::deconvolution_forward>(n, {wish, attributes, engine_}, weight, kernel, tag, temporary);
    } else {
      const auto tag = flat ? memory::format_tag::oihw : memory::format_tag::oidhw;
      const dnnl::convolution_forward::desc wish(inference, dnnl::algorithm::convolution_direct, any_layout(in),
                                                 any_layout(kernel), any_layout({outputs}), any_layout(out),
                                                 node.stride, node.padding, node.padding);
      add_convolution<dnnl::convolution_forward>(n, {wish, attributes, engine_}, weight, kernel, tag, temporary);
    }
  }

  template <class Primitive>
  void add_convolution(std::size_t n, const typename Primitive::primitive_desc& chosen, const Weights& weight,
                       const Dims& kernel, memory::format_tag tag, std::vector<int>& temporary) {
    const Node& node = model_.graph[n];
    const memory source = in_layout(input_of(node), chosen.src_desc(), temporary);
    values_[n] = bind(chosen.dst_desc());
    add_primitive(
        Primitive(chosen),
        {{DNNL_ARG_SRC, source},
         {DNNL_ARG_WEIGHTS, constant(weight, kernel, tag, chosen.weights_desc())},
         {DNNL_ARG_BIAS, constant(node.weights.at("bias"), {kernel[0]}, memory::format_tag::x, chosen.bias_desc())},
         {DNNL_ARG_DST, values_[n].memory}});
  }

  /// A transposed convolution whose kernel is its stride: each coarse pixel becomes its own block of fine ones, so it
  /// is a convolution with a kernel of one for each place in the block, and the results interleaved. oneDNN 2.6 does it
  /// by planar matrix products and is several times slower. False where layout or sizes do not allow it.
  bool plan_upsampling_by_convolution(std::size_t n, std::vector<int>& temporary) {
    const Node& node = model_.graph[n];
    const auto is_zero = [](std::int64_t p) { return p == 0; };
    if (node.kernel != node.stride || !std::ranges::all_of(node.padding, is_zero) ||
        !std::ranges::all_of(node.output_padding, is_zero))
      return false;
    const Weights& weight = node.weights.at("weight");
    const Dims in = dims_of(input_of(node));
    const std::int64_t inputs = weight.shape[0], outputs = weight.shape[1], padded = (outputs + 15) / 16 * 16;
    std::int64_t taps = 1;
    Dims fine{in[0], outputs}, coarse = in, kernel(in.size(), 1), ones(node.kernel.size(), 1), zeros(ones.size(), 0);
    for (std::size_t a = 0; a < node.kernel.size(); ++a) {
      taps *= node.kernel[a];
      fine.push_back(in[a + 2] * node.stride[a]);
    }
    if (inputs != in[1] || inputs * outputs * taps != std::ssize(weight.values)) return false;  // named by the caller
    coarse[1] = kernel[0] = taps * padded;
    kernel[1] = inputs;
    const dnnl::convolution_forward::desc wish(inference, dnnl::algorithm::convolution_direct, any_layout(in),
                                               any_layout(kernel), any_layout({kernel[0]}), any_layout(coarse), ones,
                                               zeros, zeros);
    const dnnl::convolution_forward::primitive_desc chosen(wish, engine_);
    const auto from = channel_layout(chosen.dst_desc());
    if (!from || (from->block != 8 && from->block != 16) || from->pixel_stride != from->block) return false;
    const dnnl::convolution_forward::primitive_desc with({wish, with_activation(n), engine_});
    Weights spread{kernel, std::vector<float>(static_cast<std::size_t>(kernel[0] * inputs), 0.0F)};
    Weights bias{{kernel[0]}, std::vector<float>(static_cast<std::size_t>(kernel[0]), 0.0F)};
    for (std::int64_t t = 0; t < taps; ++t)
      for (std::int64_t o = 0; o < outputs; ++o) {
        const auto row = static_cast<std::size_t>(t * padded + o);
        bias.values[row] = node.weights.at("bias").values.at(static_cast<std::size_t>(o));
        for (std::int64_t i = 0; i < inputs; ++i)
          spread.values[row * static_cast<std::size_t>(inputs) + static_cast<std::size_t>(i)] =
              weight.values[static_cast<std::size_t>((i * outputs + o) * taps + t)];
      }
    const memory source = in_layout(input_of(node), with.src_desc(), temporary);
    const Value before = bind(with.dst_desc());
    temporary.push_back(before.buffer);
    const bool flat = kernel.size() == 4;
    add_primitive(
        dnnl::convolution_forward(with),
        {{DNNL_ARG_SRC, source},
         {DNNL_ARG_WEIGHTS,
          constant(spread, kernel, flat ? memory::format_tag::oihw : memory::format_tag::oidhw, with.weights_desc())},
         {DNNL_ARG_BIAS, constant(bias, {kernel[0]}, memory::format_tag::x, with.bias_desc())},
         {DNNL_ARG_DST, before.memory}});
    values_[n] = bind(same_layout(fine, *from));
    const Extent size = extent_of(in), factor = extent_of([&] {
                                         Dims all{1, 1};
                                         all.insert(all.end(), node.stride.begin(), node.stride.end());
                                         return all;
                                       }());
    const ChannelLayout coarse_layout = *from, fine_layout = *channel_layout(values_[n].memory.get_desc());
    add_kernel([=, from = before.memory, to = values_[n].memory] {
      interleave(coarse_layout, data(from), size, factor, fine_layout, data(to));
    });
    return true;
  }

  void plan_norm(std::size_t n) {
    const Node& node = model_.graph[n];
    const auto [value, layout] = own_by_channel(n);
    const auto channels = static_cast<std::size_t>(layout.channels);
    for (const auto& [key, weights] : node.weights)
      if (weights.values.size() != channels) misfit(node, "one weight per channel");
    if (node.operation == Operation::group_norm && (node.groups < 1 || layout.channels % node.groups != 0))
      misfit(node, "groups that divide the channels");
    const Node* activation = absorbed_activation(n, true);
    const std::vector<float> slope = activation ? slopes_of(*activation, layout.channels) : std::vector<float>();
    ChannelMoments learned;
    if (node.operation == Operation::batch_norm)
      for (std::int64_t image = 0; image < layout.images; ++image) {
        const auto &mean = node.weights.at("mean").values, &variance = node.weights.at("variance").values;
        learned.mean.insert(learned.mean.end(), mean.begin(), mean.end());
        learned.variance.insert(learned.variance.end(), variance.begin(), variance.end());
      }
    add_kernel([=, &node, layout = layout, target = value.memory] {
      ChannelMoments moments = learned;
      if (node.operation != Operation::batch_norm) moments = channel_moments(layout, data(target));
      if (node.operation == Operation::group_norm) merge_groups(moments, layout.channels, node.groups);
      normalise_channels(layout, data(target), moments, node.weights.at("scale").values,
                         node.weights.at("shift").values, static_cast<double>(node.epsilon), slope);
    });
  }

  void plan_activation(std::size_t n) {
    const Node& node = model_.graph[n];
    const auto from = static_cast<std::size_t>(node.inputs[0]);
    if (std::ranges::find(absorbed_, n) != absorbed_.end()) {
      values_[n] = own(from, values_[from].memory.get_desc());
      return;
    }
    const auto [value, layout] = own_by_channel(n);
    add_kernel([layout = layout, target = value.memory, slope = slopes_of(node, layout.channels)] {
      activate_channels(layout, data(target), slope);
    });
  }

  void plan_padding(std::size_t n, std::vector<int>& temporary) {
    const Node& node = model_.graph[n];
    Dims dims = dims_of(input_of(node, 1));
    const Dims old = dims_of(input_of(node));
    dims[1] = old[1];
    for (std::size_t a = 2; a < dims.size(); ++a)
      if (dims[a] < old[a]) misfit(node, "a size no smaller than its input's");
    memory::desc desc = input_of(node).memory.get_desc();
    if (!channel_layout(desc)) desc = memory::desc(old, f32, planar(old.size()));
    const memory source = in_layout(input_of(node), desc, temporary);
    const ChannelLayout from = *channel_layout(desc);
    values_[n] = bind(same_layout(dims, from));
    const ChannelLayout to = *channel_layout(values_[n].memory.get_desc());
    add_kernel([=, old_size = extent_of(old), size = extent_of(dims), target = values_[n].memory] {
      pad_by_repeating(from, data(source), old_size, to, data(target), size);
    });
  }

  void plan_pool(std::size_t n) {
    const Node& node = model_.graph[n];
    const Dims in = dims_of(input_of(node));
    Dims out{in[0], in[1]};
    for (std::size_t a = 0; a < node.kernel.size(); ++a)
      out.push_back((in[a + 2] + 2 * node.padding[a] - node.kernel[a]) / std::max<std::int64_t>(1, node.stride[a]) + 1);
    const auto algorithm = node.operation == Operation::max_pool ? dnnl::algorithm::pooling_max
                                                                 : dnnl::algorithm::pooling_avg_include_padding;
    const dnnl::pooling_forward::desc wish(inference, algorithm, input_of(node).memory.get_desc(), any_layout(out),
                                           node.stride, node.kernel, node.padding, node.padding);
    const dnnl::pooling_forward::primitive_desc chosen(wish, engine_);
    values_[n] = bind(chosen.dst_desc());
    add_primitive(dnnl::pooling_forward(chosen),
                  {{DNNL_ARG_SRC, input_of(node).memory}, {DNNL_ARG_DST, values_[n].memory}});
  }

  /// All parts in the layout of the first one that is blocked: oneDNN has no fast way for mixed ones.
  void plan_concatenation(std::size_t n, std::vector<int>& temporary) {
    const Node& node = model_.graph[n];
    std::optional<ChannelLayout> common;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (const auto layout = channel_layout(input_of(node, i).memory.get_desc());
          layout && (!common || (common->block == 1 && layout->block > 1)))
        common = layout;
    std::vector<memory::desc> parts;
    std::unordered_map<int, memory> arguments;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      memory part = input_of(node, i).memory;
      if (common) part = in_layout(input_of(node, i), same_layout(part.get_desc().dims(), *common), temporary);
      parts.push_back(part.get_desc());
      arguments[DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i)] = part;
    }
    const dnnl::concat::primitive_desc chosen(1, parts, engine_);
    values_[n] = bind(chosen.dst_desc());
    arguments[DNNL_ARG_DST] = values_[n].memory;
    add_primitive(dnnl::concat(chosen), std::move(arguments));
  }

  void plan_sum(std::size_t n, std::vector<int>& temporary) {
    const Node& node = model_.graph[n];
    const memory::desc desc = input_of(node).memory.get_desc();
    values_[n] = bind(desc);
    memory sum = input_of(node).memory;
    const dnnl::binary::desc wish(dnnl::algorithm::binary_add, desc, desc, desc);
    const dnnl::primitive_attr attributes = with_activation(n);
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      if (dims_of(input_of(node, i)) != desc.dims()) misfit(node, "terms of one size");
      const memory term = in_layout(input_of(node, i), desc, temporary);
      const bool last = i + 1 == node.inputs.size();
      const dnnl::binary add({wish, last ? attributes : dnnl::primitive_attr(), engine_});
      add_primitive(add, {{DNNL_ARG_SRC_0, sum}, {DNNL_ARG_SRC_1, term}, {DNNL_ARG_DST, values_[n].memory}});
      sum = values_[n].memory;
    }
  }

  void plan_upsampling(std::size_t n) {
    const Node& node = model_.graph[n];
    Dims out = dims_of(input_of(node));
    for (std::size_t a = 0; a < node.scale.size(); ++a) out[a + 2] *= node.scale[a];
    const auto algorithm = node.linear ? dnnl::algorithm::resampling_linear : dnnl::algorithm::resampling_nearest;
    const dnnl::resampling_forward::desc wish(inference, algorithm, input_of(node).memory.get_desc(), any_layout(out));
    const dnnl::resampling_forward::primitive_desc chosen(wish, engine_);
    values_[n] = bind(chosen.dst_desc());
    add_primitive(dnnl::resampling_forward(chosen),
                  {{DNNL_ARG_SRC, input_of(node).memory}, {DNNL_ARG_DST, values_[n].memory}});
  }

  const Model model_;  // a copy: the steps refer to its weights
  std::int64_t images_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::vector<int> uses_;
  std::vector<Value> values_;
  std::vector<std::size_t> absorbed_;
  BufferPool pool_;
  std::vector<std::pair<memory, int>> bound_;
  std::vector<std::unique_ptr<AlignedBytes>> storage_;
  std::vector<Step> steps_;
};

Network::Network(const Model& model, std::int64_t images, const std::vector<std::int64_t>& size)
    : plan_(std::make_unique<Plan>(model, images, size)) {}
Network::~Network() = default;
std::span<float> Network::input() { return plan_->data_of(plan_->input_); }
std::span<const float> Network::run() {
  plan_->run();
  return plan_->data_of(plan_->output_);
}
std::int64_t Network::images() const { return plan_->images(); }

}  // namespace cardiotwin::segmentation
