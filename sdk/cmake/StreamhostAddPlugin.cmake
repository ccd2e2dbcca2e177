# streamhost_add_plugin(NAME SOURCES...)
#
# Builds NAME.so, a plugin that exports the one symbol `streamhost_plugin`: hidden visibility, a
# version script, and no undefined symbols (-z defs). Sources in C are compiled as C99 or later,
# those in C++ as C++20 or later. Link what else it needs with
# target_link_libraries(NAME PRIVATE ...).
function(streamhost_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE streamhost::sdk)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    target_compile_features(${name} PRIVATE c_std_99)
  endif()
  if("CXX" IN_LIST languages)
    target_compile_features(${name} PRIVATE cxx_std_20)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    SUFFIX ".so"
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  set(version_script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  target_link_options(${name} PRIVATE "LINKER:--version-script=${version_script}")
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${version_script})
  # A sanitizer's runtime lives in the executable, which a plugin must then leave undefined.
  if(NOT STREAMHOST_SANITIZE)
    target_link_options(${name} PRIVATE "LINKER:-z,defs")
  endif()
endfunction()
