#include "host/templates/bound.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "host/templates/store.h"
#include "tests/unit/templates/place.h"

namespace bulkhead::templates {

namespace {

// A store with as many templates as there may be, the first one unused for the longest time.
class FullStore {
  public:
    FullStore() : store(place_.file("templates")) {
        for (std::size_t i = 0; i < kMostTemplates; ++i) {
            test::put(store, key(i));
            set_used(i, static_cast<time_t>(i) + 1);
        }
    }

    // Of the template with this number; those from kMostTemplates are not there yet.
    [[nodiscard]] Key key(std::size_t number) const {
        Key key = place_.key();
        key.shape.vcpus = static_cast<std::uint32_t>(number) + 1;
        return key;
    }

    // The same for an image.
    [[nodiscard]] Key image_key(std::size_t number) const {
        Key key = this->key(number);
        key.prepared = place_.image_key().prepared;
        return key;
    }

    void set_used(std::size_t number, time_t second) const { set_used(key(number), second); }

    void set_used(const Key& key, time_t second) const {
        const timespec times[2] = {{second, 0}, {second, 0}};
        const std::string path = place_.file("templates/" + key.id());
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    }

    // The numbers of those that are there, machines' or images'.
    [[nodiscard]] std::vector<std::size_t> present(bool of_image = false) const {
        std::vector<std::size_t> numbers;
        const auto listed = store.list().value();
        for (const Store::Listed& each : listed) {
            const Key& key = each.entry.value().key;
            if (key.prepared.has_value() == of_image) numbers.push_back(key.shape.vcpus - 1);
        }
        std::ranges::sort(numbers);
        return numbers;
    }

    [[nodiscard]] Store::Found use(std::size_t number) const {
        auto found = store.find(key(number).id()).value();
        REQUIRE(found.has_value());
        return *std::move(found);
    }

  private:
    test::Place place_;

  public:
    const Store store;
};

using Numbers = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a new template takes the place of the one that was not used for the longest time") {
    const FullStore full;
    CHECK(full.present() == Numbers{0, 1, 2, 3, 4, 5, 6, 7});
    test::put(full.store, full.key(8));
    CHECK(full.present() == Numbers{1, 2, 3, 4, 5, 6, 7, 8});
    // A start from it makes it the last one to go.
    static_cast<void>(full.use(1));
    test::put(full.store, full.key(9));
    CHECK(full.present() == Numbers{1, 3, 4, 5, 6, 7, 8, 9});
    // One that is made anew takes no other one's place.
    CHECK(full.store.remove(full.key(1).id()).value());
    test::put(full.store, full.key(1));
    CHECK(full.present() == Numbers{1, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("a template that a machine has stays, for as long as its memory is open") {
    const FullStore full;
    auto open = std::optional(full.use(0));
    UniqueFd kept = duplicate(full.use(1).snapshot.memory.get()).value();
    full.set_used(0, 1);
    full.set_used(1, 2);
    test::put(full.store, full.key(8));
    CHECK(full.present() == Numbers{0, 1, 3, 4, 5, 6, 7, 8});
    open.reset();
    test::put(full.store, full.key(9));
    CHECK(full.present() == Numbers{1, 3, 4, 5, 6, 7, 8, 9});
    kept.reset();
    test::put(full.store, full.key(10));
    CHECK(full.present() == Numbers{3, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("templates that are all used are more than the bound, until they are not") {
    const FullStore full;
    std::vector<Store::Found> used;
    for (std::size_t i = 0; i < kMostTemplates; ++i) used.push_back(full.use(i));
    test::put(full.store, full.key(8));
    used.push_back(full.use(8));
    test::put(full.store, full.key(9));
    CHECK(full.present().size() == kMostTemplates + 2);
    for (std::size_t i = 0; i < 10; ++i) full.set_used(i, static_cast<time_t>(i) + 1);
    used.clear();
    REQUIRE(keep_to_bound(full.store, full.key(0).id()));
    CHECK(full.present() == Numbers{0, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("what is damaged counts, and goes as any other one") {
    const FullStore full;
    const std::string memory = full.store.memory_of(full.key(0).id());
    std::filesystem::remove(memory);
    std::filesystem::create_symlink("/dev/null", memory);
    full.set_used(0, 1);
    test::put(full.store, full.key(8));
    CHECK(full.present() == Numbers{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("images' templates take no place of machines', and the other way round") {
    const FullStore full;
    for (std::size_t i = 0; i < kMostTemplates; ++i) {
        test::put(full.store, full.image_key(i));
        full.set_used(full.image_key(i), static_cast<time_t>(i) + 100);
    }
    const Numbers first{0, 1, 2, 3, 4, 5, 6, 7};
    const Numbers next{1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(full.present() == first);
    CHECK(full.present(true) == first);
    // All machines' are unused for longer.
    test::put(full.store, full.image_key(8));
    CHECK(full.present() == first);
    CHECK(full.present(true) == next);
    for (std::size_t i = 1; i <= 8; ++i) full.set_used(full.image_key(i), 1);
    test::put(full.store, full.key(8));
    CHECK(full.present() == next);
    CHECK(full.present(true) == next);
}

}  // namespace bulkhead::templates
