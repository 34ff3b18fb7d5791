#include "tests/guest/hostile/act.h"

namespace hostile {

namespace {

bool equal(const char* one, const char* other) {
    while (*one != 0 && *one == *other) {
        ++one;
        ++other;
    }
    return *one == *other;
}

}  // namespace

void print_outcome(const char* text) {
    print("outcome: ");
    print(text);
    print("\n");
}

void Verdicts::add(const Device& device, const char* text) {
    for (unsigned i = 0; i < count_; ++i) {
        if (equal(verdicts_[i].device, device.name()) && equal(verdicts_[i].text, text)) return;
    }
    if (count_ < kMost) verdicts_[count_++] = {device.name(), text};
}

void Verdicts::print() const {
    bool same = count_ > 0;
    for (unsigned i = 1; i < count_; ++i)
        same = same && equal(verdicts_[i].text, verdicts_[0].text);
    if (same) return print_outcome(verdicts_[0].text);
    hostile::print("outcome: ");
    for (unsigned i = 0; i < count_; ++i) {
        if (i > 0) hostile::print("; ");
        hostile::print(verdicts_[i].device);
        hostile::print(" ");
        hostile::print(verdicts_[i].text);
    }
    hostile::print("\n");
}

const char* verdict_of_broken(const Device& device) {
    const bool noticed = device.wants_reset();
    const bool works = works_after_reset(device);
    if (!works)
        return noticed ? "BROKEN: needs reset, then does not work"
                       : "BROKEN: not noticed, and does not work";
    return noticed ? "needs reset, then works" : "BROKEN: not noticed";
}

const char* verdict_of_any(const Device& device) {
    return works_after_reset(device) ? "works after a reset"
                                     : "BROKEN: does not work after a reset";
}

}  // namespace hostile
