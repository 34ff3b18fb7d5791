#include "host/templates/starts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "tests/unit/templates/place.h"

namespace bulkhead::templates {

namespace {

std::string id_of(std::size_t number) {
    return concat("id-", number);
}

}  // namespace

TEST_CASE("a start is noted, and the next one like it is told so") {
    const test::Place place;
    const std::string store = place.file("templates");
    CHECK(note_start(store, "one").value() == false);
    CHECK(note_start(store, "other").value() == false);
    CHECK(note_start(store, "one").value() == true);
    CHECK(note_start(store, "one").value() == true);
    CHECK(note_start(store, "other").value() == true);
    CHECK(note_start(place.file("another"), "one").value() == false);
}

TEST_CASE("the oldest notes are forgotten") {
    const test::Place place;
    const std::string store = place.file("templates");
    for (std::size_t i = 0; i < kMostStarts; ++i) {
        REQUIRE(note_start(store, id_of(i)).value() == false);
        const timespec times[2] = {{static_cast<time_t>(i) + 1, 0},
                                   {static_cast<time_t>(i) + 1, 0}};
        const std::string note = concat(store, "/starts/", id_of(i));
        REQUIRE(::utimensat(AT_FDCWD, note.c_str(), times, 0) == 0);
    }
    for (std::size_t i = 0; i < kMostStarts; ++i)
        CHECK(note_start(store, id_of(i)).value() == true);
    CHECK(note_start(store, id_of(kMostStarts)).value() == false);
    CHECK(note_start(store, id_of(kMostStarts)).value() == true);
    CHECK(note_start(store, id_of(1)).value() == true);
    // And so another one goes for it.
    CHECK(note_start(store, id_of(0)).value() == false);
    CHECK(note_start(store, id_of(2)).value() == true);
    CHECK(note_start(store, id_of(1)).value() == false);
}

TEST_CASE("notes are no templates, and stay when a store is tidied up") {
    const test::Place place;
    const Store store(place.file("templates"));
    REQUIRE(note_start(place.file("templates"), place.key().id()).value() == false);
    CHECK(store.list().value().empty());
    CHECK_FALSE(store.find(place.key().id()).value().has_value());
    CHECK(store.sweep().value() == 0);
    test::put(store, place.key());
    CHECK(store.list().value().size() == 1);
    CHECK(note_start(place.file("templates"), place.key().id()).value() == true);
}

TEST_CASE("what cannot be noted is an error") {
    const test::Place place;
    place.write("templates", "a file");
    CHECK_FALSE(note_start(place.file("templates"), "one"));
    // Nobody is led elsewhere.
    const std::string store = place.file("store");
    REQUIRE(note_start(store, "one").value() == false);
    std::filesystem::create_symlink(place.file("elsewhere"), store + "/starts/two");
    CHECK(note_start(store, "two").value() == true);
    CHECK_FALSE(std::filesystem::exists(place.file("elsewhere")));
}

}  // namespace bulkhead::templates
