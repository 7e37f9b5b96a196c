# Our own code is compiled with warnings as errors and for the machines that run it.
add_library(cardiotwin_flags INTERFACE)
target_include_directories(cardiotwin_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(cardiotwin_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
  -Wno-restrict)  # GCC 12 sees overlaps in std::string that are not there (GCC bug 105329)
target_compile_definitions(cardiotwin_flags INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

# cardiotwin_module(NAME LIB...): a static library of every .cpp in this folder, linked to LIB...
# Headers are in include/cardiotwin/NAME (public) and beside the sources (private).
function(cardiotwin_module name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(cardiotwin_${name} STATIC ${sources})
  target_link_libraries(cardiotwin_${name} PUBLIC cardiotwin_flags ${ARGN})
endfunction()

# cardiotwin_vectorised(SOURCE...): loops over cells and nodes become vector code only where errno and floating-point traps
# need not be kept.
function(cardiotwin_vectorised)
  set_source_files_properties(${ARGN} PROPERTIES
    COMPILE_OPTIONS "$<$<NOT:$<CONFIG:Debug>>:-O3>;-fno-math-errno;-fno-trapping-math")
endfunction()
