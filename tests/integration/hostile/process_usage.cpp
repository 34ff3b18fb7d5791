#include "tests/integration/hostile/process_usage.h"

#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

namespace bulkhead::test {

std::uint64_t private_kib(pid_t process) {
    std::ifstream maps("/proc/" + std::to_string(process) + "/smaps");
    REQUIRE(maps);
    std::uint64_t sum = 0;
    std::uint64_t mapping = 0;
    bool any = false;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        std::string name;
        std::uint64_t kib = 0;
        words >> name;
        if (name == "Private_Clean:" || name == "Private_Dirty:") {
            words >> kib;
            mapping += kib;
        } else if (name == "VmFlags:") {
            // The last line of each mapping. `dd`: not in core dumps.
            if (line.find(" dd") == std::string::npos) sum += mapping;
            mapping = 0;
            any = true;
        }
    }
    REQUIRE(any);
    return sum;
}

std::chrono::nanoseconds loop_time(pid_t process) {
    const std::string name = std::to_string(process);
    std::ifstream file("/proc/" + name + "/task/" + name + "/schedstat");
    std::uint64_t on_processor = 0;
    REQUIRE(file >> on_processor);
    return std::chrono::nanoseconds(on_processor);
}

}  // namespace bulkhead::test
