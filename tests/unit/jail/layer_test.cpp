#include "host/jail/layer.h"

#include <catch2/catch.hpp>

namespace bulkhead::jail {

TEST_CASE("a report is complete until a layer is missing, and keeps the first reason") {
    Report report;
    CHECK(report.complete());
    CHECK(report.missing().empty());
    CHECK(report.entries().size() == kLayers);
    report.miss(Layer::Landlock, "Function not implemented");
    report.miss(Layer::OwnUser, "needs root");
    report.miss(Layer::OwnUser, "another");
    CHECK_FALSE(report.complete());
    CHECK_FALSE(report.has(Layer::OwnUser));
    CHECK(report.has(Layer::EmptyRoot));
    CHECK(report.missing() == "own user (needs root), landlock (Function not implemented)");
    CHECK(report.entries().front() ==
          std::pair<std::string, std::string>("own user", "needs root"));
}

TEST_CASE("a layer without a reason is missing all the same") {
    Report report;
    report.miss(Layer::EmptyRoot, "");
    CHECK_FALSE(report.complete());
}

}  // namespace bulkhead::jail
