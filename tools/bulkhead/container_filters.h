// What `ps --filter` and `container prune --filter` ask for. Thread: main.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/image_store.h"
#include "tools/bulkhead/filters.h"
#include "tools/bulkhead/listed_container.h"

namespace bulkhead::cli {

// The keys of `ps`.
Filters container_list_filters();

class ContainerFilter {
  public:
    // Looks up the containers and images that the filters name.
    static Result<ContainerFilter> make(const Filters& filters,
                                        const std::vector<ListedContainer>& all,
                                        const image::ImageStore& images);

    [[nodiscard]] bool fits(const ListedContainer& container) const;

    // Whether the filters are about containers that may not run.
    [[nodiscard]] bool wants_all() const {
        return filters_.has("status") || filters_.has("exited");
    }

  private:
    explicit ContainerFilter(const Filters& filters) : filters_(filters) {}

    Result<void> resolve_ancestors(const image::ImageStore& images);
    Result<void> resolve_order(const std::vector<ListedContainer>& all);

    const Filters& filters_;
    std::set<std::string> ancestors_;  // images' ids
    // Ids of the containers that are before and since the named ones.
    std::set<std::string> before_;
    std::set<std::string> since_;
};

}  // namespace bulkhead::cli
