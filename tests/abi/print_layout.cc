// Writes the layout of the ABI headers, to be committed when the ABI has grown on purpose.
#include <iostream>

#include "abi/layout.h"

int main() {
  std::cout << "# Sizes and offsets of the plugin ABI: struct NAME GROWTH SIZE ALIGN, field OFFSET "
               "SIZE NAME TYPE.\n"
               "# Written by the program abi_layout, and compared by abi_test. See README.md.\n"
            << streamhost::testing::layout_text(streamhost::testing::abi_layout());
}
