#include "threads.h"

#include "fiber.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

namespace emulated {

Dimensions grid, block, block_index, thread_index;
void *dynamic_shared;

namespace {

enum class State { Ready, AtBarrier, AtExchange, Finished };

struct Thread {
    State state = State::Ready;
    Fiber *fiber = nullptr; // none before it starts and after it finishes
    Dimensions index;
    unsigned mask = 0;
    Slot given;
    const Slot *received = nullptr;
};

struct Snapshot {
    Slot slots[32];
};

std::vector<Thread> threads;
std::vector<std::unique_ptr<Fiber>> all_fibers;
std::vector<Fiber *> idle_fibers;
std::vector<std::unique_ptr<Snapshot>> snapshots; // of this round
size_t used_snapshots;
Thread *running;
const Launch *launched;

void body_of_fiber() {
    launched->body(launched->argument);
    running->state = State::Finished;
    running->fiber->leave();
    std::abort(); // a finished thread is not resumed
}

void wait(State state) {
    running->state = state;
    running->fiber->leave();
}

Fiber *idle_fiber() {
    if (idle_fibers.empty()) {
        all_fibers.push_back(std::make_unique<Fiber>());
        idle_fibers.push_back(all_fibers.back().get());
    }
    Fiber *fiber = idle_fibers.back();
    idle_fibers.pop_back();
    return fiber;
}

void run_until_it_waits(Thread &thread) {
    if (!thread.fiber) {
        thread.fiber = idle_fiber();
        thread.fiber->start(body_of_fiber);
    }
    running = &thread;
    thread_index = thread.index;
    thread.fiber->resume();
    if (thread.state == State::Finished) {
        idle_fibers.push_back(thread.fiber);
        thread.fiber = nullptr;
    }
}

Snapshot &next_snapshot() {
    if (used_snapshots == snapshots.size()) snapshots.push_back(std::make_unique<Snapshot>());
    return *snapshots[used_snapshots++];
}

// Lets the lanes of one warp go on that wait for nobody but each other. Lanes that have ended count
// as having arrived, as on the device.
bool release_exchanges(Thread *warp, size_t lanes) {
    bool released = false;
    for (size_t first = 0; first < lanes; first++) {
        if (warp[first].state != State::AtExchange) continue;
        const unsigned mask = warp[first].mask;
        auto ready = [&](size_t lane) {
            const Thread &thread = warp[lane];
            return thread.state == State::Finished ||
                   (thread.state == State::AtExchange && thread.mask == mask);
        };
        bool complete = true;
        for (size_t lane = 0; lane < lanes; lane++)
            if (mask >> lane & 1) complete = complete && ready(lane);
        if (!complete) continue;
        Snapshot &snapshot = next_snapshot();
        for (size_t lane = 0; lane < lanes; lane++) {
            Thread &thread = warp[lane];
            if (!(mask >> lane & 1) || thread.state != State::AtExchange) continue;
            snapshot.slots[lane] = thread.given;
            thread.received = snapshot.slots;
            thread.state = State::Ready;
        }
        released = true;
    }
    return released;
}

bool release_barrier() {
    auto elsewhere = [](const Thread &thread) {
        return thread.state != State::AtBarrier && thread.state != State::Finished;
    };
    if (std::any_of(threads.begin(), threads.end(), elsewhere)) return false;
    bool released = false;
    for (Thread &thread : threads)
        if (thread.state == State::AtBarrier) thread.state = State::Ready, released = true;
    return released;
}

bool all_finished() {
    auto finished = [](const Thread &thread) { return thread.state == State::Finished; };
    return std::all_of(threads.begin(), threads.end(), finished);
}

bool run_block() {
    size_t i = 0;
    for (unsigned z = 0; z < block.z; z++)
        for (unsigned y = 0; y < block.y; y++)
            for (unsigned x = 0; x < block.x; x++) {
                Thread &thread = threads[i++];
                thread.state = State::Ready;
                thread.index = {x, y, z};
            }
    while (true) {
        for (Thread &thread : threads)
            if (thread.state == State::Ready) run_until_it_waits(thread);
        if (all_finished()) return true;
        used_snapshots = 0;
        bool released = false;
        for (size_t warp = 0; warp < threads.size(); warp += 32)
            released |= release_exchanges(&threads[warp], std::min<size_t>(32, threads.size() - warp));
        if (!released && !release_barrier()) return false;
    }
}

} // namespace

void barrier() { wait(State::AtBarrier); }

const Slot *exchange(unsigned mask, const Slot &own) {
    running->mask = mask;
    running->given = own;
    wait(State::AtExchange);
    return running->received;
}

std::string run(const Launch &launch) {
    launched = &launch;
    grid = launch.grid;
    block = launch.block;
    threads.assign(size_t(block.x) * block.y * block.z, Thread());
    std::vector<std::max_align_t> shared(launch.shared_bytes / sizeof(std::max_align_t) + 2);
    // 16-byte alignment, and values that show when they are read before they are written.
    std::memset(shared.data(), 0xff, shared.size() * sizeof(std::max_align_t));
    dynamic_shared = shared.data();
    for (unsigned z = 0; z < grid.z; z++)
        for (unsigned y = 0; y < grid.y; y++)
            for (unsigned x = 0; x < grid.x; x++) {
                block_index = {x, y, z};
                if (!run_block()) {
                    // Their stacks are in the middle of the kernel and of no further use.
                    for (Thread &thread : threads)
                        if (thread.fiber) idle_fibers.push_back(thread.fiber);
                    return "threads of " + launch.name +
                           " wait at different barriers or exchanges: some never arrive";
                }
            }
    return "";
}

} // namespace emulated
