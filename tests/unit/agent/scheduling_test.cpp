#include "guest-agent/spec/scheduling.h"

#include <sched.h>
#include <sys/personality.h>

#include <catch2/catch.hpp>

#include "guest-agent/launch/json_text.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

TEST_CASE("scheduling: policies, flags and numbers") {
    oci::v1::Scheduler wanted;
    CHECK_FALSE(scheduler(wanted)->has_value());
    wanted.set_policy("SCHED_FIFO");
    wanted.set_priority(7);
    wanted.add_flags("SCHED_FLAG_RESET_ON_FORK");
    const auto attributes = **scheduler(wanted);
    CHECK(attributes.policy == SCHED_FIFO);
    CHECK(attributes.priority == 7);
    CHECK(attributes.flags == 1);
    CHECK(attributes.size == sizeof(attributes));
    wanted.add_flags("SCHED_FLAG_X");
    CHECK_FALSE(scheduler(wanted));
    wanted.clear_flags();
    wanted.set_nice(20);
    CHECK_FALSE(scheduler(wanted));
    wanted.set_nice(0);
    wanted.set_priority(100);
    CHECK_FALSE(scheduler(wanted));
    wanted.set_policy("SCHED_X");
    CHECK_FALSE(scheduler(wanted));
}

TEST_CASE("scheduling: I/O priorities") {
    oci::v1::IoPriority wanted;
    CHECK_FALSE(io_priority(wanted)->has_value());
    wanted.set_class_("IOPRIO_CLASS_BE");
    wanted.set_priority(5);
    CHECK(**io_priority(wanted) == ((2 << 13) | 5));
    wanted.set_priority(8);
    CHECK_FALSE(io_priority(wanted));
    wanted.set_priority(-1);
    CHECK_FALSE(io_priority(wanted));
    wanted.set_class_("IOPRIO_CLASS_X");
    CHECK_FALSE(io_priority(wanted));
}

TEST_CASE("scheduling: personalities") {
    CHECK_FALSE(personality_of("")->has_value());
    CHECK(**personality_of("LINUX32") == PER_LINUX32);
    CHECK(**personality_of("LINUX") == PER_LINUX);
    CHECK_FALSE(personality_of("linux"));
}

TEST_CASE("json text: everything that needs it is escaped") {
    CHECK(json_text("") == "\"\"");
    CHECK(json_text("a \"b\" \\ ä") == "\"a \\\"b\\\" \\\\ ä\"");
    CHECK(json_text(std::string_view("\n\x1f\0", 3)) == "\"\\u000a\\u001f\\u0000\"");
}

}  // namespace
}  // namespace bulkhead::agent
