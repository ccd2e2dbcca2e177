// Whether the machine was ours alone while we measured.
#pragma once

namespace bench {

// Adds up what all other programs used of the processors since it was made.
class Others {
 public:
  Others();
  // Cores kept busy by programs that are neither this one nor its ended children, on average. What
  // the kernel does for nobody in particular counts too, so a quiet machine has some hundredths.
  double cores() const;

 private:
  double busy_s_, own_s_, started_s_;
};

}  // namespace bench
