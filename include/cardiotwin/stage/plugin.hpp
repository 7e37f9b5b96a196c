#pragma once
/// How a user's own stage becomes part of a run: a shared library with these two functions, named in the case file
/// ("plugins": ["libmystage.so"]). See tests/support/example_plugin for a whole one.

#include "cardiotwin/stage/stage.hpp"

namespace cardiotwin::stage {
/// Raised with every change of stage.hpp or context.hpp that a compiled plugin would not survive.
#ifdef CARDIOTWIN_PLUGIN_ABI_OF_TEST
inline constexpr int plugin_abi = CARDIOTWIN_PLUGIN_ABI_OF_TEST;
#else
inline constexpr int plugin_abi = 1;
#endif
}  // namespace cardiotwin::stage

/// Put this once into the plugin's source, outside any namespace. `Type` is default-constructible and derives from
/// Stage.
#define CARDIOTWIN_PLUGIN(Type)                                                    \
  extern "C" int cardiotwin_plugin_abi() { return cardiotwin::stage::plugin_abi; } \
  extern "C" cardiotwin::stage::Stage* cardiotwin_plugin_stage() { return new Type(); }
