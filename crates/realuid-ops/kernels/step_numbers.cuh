// The numbers of one step of the optimiser, in memory of the device: a captured step finds new ones
// there every time it is replayed.
#pragma once

struct StepNumbers {
    float size;   // learning rate / (1 - beta1^t)
    float root;   // sqrt(1 - beta2^t)
    float factor; // what gradients are multiplied by first, or REFUSED
};

// The factor of a step that must change nothing.
const float REFUSED = -1.0f;
