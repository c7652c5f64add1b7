// A function that can be left in its middle and continued.
#pragma once

#include <cstddef>

namespace emulated {

class Fiber {
  public:
    Fiber();
    Fiber(const Fiber &) = delete;
    ~Fiber();

    // Begins `entry`, which must end with a call of `leave` that is never continued.
    void start(void (*entry)());
    // Goes on where the function left off; returns at its next call of `leave`.
    void resume();
    // From inside: back to who resumed.
    void leave();

  private:
    struct State;
    State *state;
};

} // namespace emulated
