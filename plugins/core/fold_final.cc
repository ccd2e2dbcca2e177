#include "fold_final.h"

namespace streamhost::core {

Component fold_final_component() {
  return keyed<FoldFinal>("fold_final")
      .summary("What aggregates or a script make of the records of each key, at the end")
      .options({aggregate_option(
                    "what is computed: \"agg.sum\", { use = \"lua.fold\", … }, or several with "
                    "names")
                    .named()});
}

Component reduce_final_component() {
  return keyed<FoldFinal>("reduce_final")
      .summary("Reduces the values of each key to one, at the end")
      .options({aggregate_option("what makes one value of two: { use = \"lua.reduce\", expr = "
                                 "\"…\" }, or any aggregate")});
}

}  // namespace streamhost::core
