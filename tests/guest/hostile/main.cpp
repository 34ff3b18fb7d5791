// A kernel that is the monitor's enemy: one act, then nothing. docs/hostile-guest.md has all of
// them.
//
//   act=NAME [seed=N]        prints what came of it, and halts
//   act=list                 prints the names of all acts
#include "tests/guest/hostile/act.h"

namespace {

using namespace hostile;

template <class Use>
void for_each_act(Use use) {
    for (const auto acts : {register_acts(), ring_acts(), chain_acts(), block_acts(), vsock_acts(),
                            balloon_acts(), port_acts(), processor_acts()}) {
        for (const Act& act : acts) use(act);
    }
}

void perform(const char* name, std::uint64_t seed) {
    for_each_act([&](const Act& act) {
        if (!same_word(name, act.name)) return;
        print("begin\n");
        act.run(seed);
        print("done\n");
        halt();
    });
    print("no such act\n");
    halt();
}

}  // namespace

extern "C" [[noreturn]] void hostile_main(std::uint32_t boot_data) {
    const char* line = command_line(boot_data);
    const char* name = argument(line, "act");
    const char* seed = argument(line, "seed");
    if (name != nullptr && !same_word(name, "list"))
        perform(name, seed != nullptr ? number(seed) : 1);
    for_each_act([](const Act& act) {
        print(act.name);
        print("\n");
    });
    print("done\n");
    halt();
}
