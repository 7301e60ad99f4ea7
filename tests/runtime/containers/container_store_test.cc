#include "runtime/containers/container_store.h"

#include "layerfs/store.h"
#include "runtime/containers/truth.h"
#include "runtime/spec/object_names.h"
#include "tests/support/testing.h"

#include <thread>

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ContainerStoreTest : public ::testing::Test {
protected:
  void SetUp() override {
    store_ = must(layerfs::Store::open({.root = dir_.path()}));
    containers_ = must(ContainerStore::open(store_->database(), store_->root()));
    image_ = must(store_->images().create({}, {})).id;
  }
  Container made(const std::string& name = "") {
    Container container;
    container.id = makeObjectId();
    container.name = name;
    container.imageId = image_;
    container.created = ++clock_;
    container.argv = {"sh", "-c", "true"};
    return container;
  }
  Container added(const std::string& name = "") {
    Container container = made(name);
    must(containers_->add(container));
    return container;
  }

  TempDir dir_ = strata::testing::makeTempDir();
  std::unique_ptr<layerfs::Store> store_;
  std::unique_ptr<ContainerStore> containers_;
  Digest image_;
  int64_t clock_ = 0;
};

TEST_F(ContainerStoreTest, WhatWasAddedComesBack) {
  Container container = made("web");
  container.config.env = {"A=b", "PATH=/bin"};
  container.config.labels = {{"k", "v"}};
  container.config.entrypoint = {"sh"};
  container.config.exposedPorts = {"80/tcp"};
  container.config.stopTimeout = 3;
  container.config.healthcheck = layerfs::Healthcheck{.test = {"CMD", "true"}, .interval = 5};
  container.hostConfig.restartPolicy = {"on-failure", 4};
  container.hostConfig.autoRemove = true;
  container.mounts = {{.type = "bind", .source = "/a", .destination = "/b", .mode = "ro", .readWrite = false}};
  must(containers_->add(container));
  Container found = must(containers_->load(container.id));
  EXPECT_EQ(found.name, "web");
  EXPECT_EQ(found.imageId, image_);
  EXPECT_EQ(found.argv, container.argv);
  EXPECT_EQ(printContainerDocument(found), printContainerDocument(container));
  EXPECT_EQ(found.state.status, ContainerStatus::Created);
  EXPECT_TRUE(pathExists(containers_->directory(container.id).path()));
}

TEST_F(ContainerStoreTest, IsFoundByNameIdAndBeginning) {
  Container container = added("web");
  for (const std::string& text : {std::string("web"), std::string("/web"), container.id, container.id.substr(0, 10)})
    EXPECT_EQ(must(containers_->find(text)).id, container.id) << text;
  EXPECT_FAULT_SAYING(containers_->find("nosuch"), FaultKind::NotFound, "No such container: nosuch");
  for (int i = 0; i < 20; ++i) added();
  bool ambiguous = false;
  for (char digit : std::string("0123456789abcdef"))
    ambiguous |= strata::testing::faultOf(containers_->find(std::string(1, digit))).kind == FaultKind::Invalid;
  EXPECT_TRUE(ambiguous) << "21 ids, 16 first digits";
}

TEST_F(ContainerStoreTest, ANameHasOneOwner) {
  Container first = added("web"), second = made("web");
  auto seen = strata::testing::faultOf(containers_->add(second));
  EXPECT_EQ(seen.kind, FaultKind::Exists);
  EXPECT_THAT(seen.message, HasSubstr("\"/web\" is already in use by container \"" + first.id + "\""));
  EXPECT_FALSE(pathExists(containers_->directory(second.id).path()));
  Container third = added("other");
  EXPECT_FAULT(containers_->rename(third, "web"), FaultKind::Exists);
  must(containers_->rename(third, "free"));
  EXPECT_EQ(must(containers_->find("free")).id, third.id);
  EXPECT_FAULT(containers_->rename(third, "-bad"), FaultKind::Invalid);
}

TEST_F(ContainerStoreTest, NamesThatAreMadeUpAreUniqueAmongProcesses) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto own = must(Database::open(dir_.path() + "/strata.db"));
      auto containers = must(ContainerStore::open(*own, dir_.path()));
      for (int k = 0; k < 25; ++k) {
        Container container = made();
        must(containers->add(container));
        EXPECT_THAT(container.name, MatchesRegex("[a-z]+_[a-z]+[0-9]*"));
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> names;
  for (const Container& container : must(containers_->list())) names.insert(container.name);
  EXPECT_EQ(names.size(), 100u);
}

TEST_F(ContainerStoreTest, AContainerOfAnImageThatIsGoneIsNotMade) {
  must(store_->images().remove(image_));
  Container container = made();
  EXPECT_FAULT(containers_->add(container), FaultKind::NotFound);
}

TEST_F(ContainerStoreTest, KnowsWhichImagesAreInUse) {
  EXPECT_TRUE(must(containers_->imagesInUse()).empty());
  Container container = added();
  EXPECT_EQ(must(containers_->imagesInUse()), std::set<Digest>{image_});
  must(containers_->remove(container.id));
  EXPECT_TRUE(must(containers_->imagesInUse()).empty());
  EXPECT_FALSE(pathExists(containers_->directory(container.id).path()));
}

TEST_F(ContainerStoreTest, ARowThatSaysRunningWithoutASupervisorIsCorrected) {
  Container container = added("web");
  container.state.status = ContainerStatus::Running;
  container.state.started = 1;
  must(containers_->setState(container.id, container.state));
  auto lock = must(FileLock::acquire(containers_->directory(container.id).lock(), FileLock::Mode::Exclusive));
  EXPECT_EQ(must(findContainer(*containers_, "web")).state.status, ContainerStatus::Running) << "its lock is held";
  { FileLock freed = std::move(lock); }
  Container corrected = must(findContainer(*containers_, "web"));
  EXPECT_EQ(corrected.state.status, ContainerStatus::Exited);
  EXPECT_EQ(corrected.state.exitCode, 255);
  EXPECT_THAT(corrected.state.error, HasSubstr("supervisor"));
}

TEST_F(ContainerStoreTest, OneThatWasToGoAtItsEndGoesWithTheCorrection) {
  Container container = made("web");
  container.hostConfig.autoRemove = true;
  must(containers_->add(container));
  container.state.status = ContainerStatus::Running;
  must(containers_->setState(container.id, container.state));
  EXPECT_TRUE(must(listContainers(*containers_)).empty());
  EXPECT_FALSE(pathExists(containers_->directory(container.id).path()));
}

TEST_F(ContainerStoreTest, DirectoriesWithoutARowAreSwept) {
  Container container = added();
  must(makeDirectories(containers_->directory("abc").path()));
  must(containers_->sweep());
  EXPECT_FALSE(pathExists(containers_->directory("abc").path()));
  EXPECT_TRUE(pathExists(containers_->directory(container.id).path()));
}

TEST_F(ContainerStoreTest, WhatIsTakenOutIsFoundByNobodyAndLiesApart) {
  auto containers = must(ContainerStore::open(store_->database(), store_->root(), store_->staging()));
  Container container = made("web");
  must(containers->add(container));
  std::string place = containers->directory(container.id).path();
  must(writeFileAtomically(place + "/file", "content"));
  std::string left = must(containers->takeOut(container.id));
  EXPECT_FALSE(pathExists(place));
  EXPECT_EQ(must(readFile(left + "/file", 100)), "content");
  EXPECT_EQ(kindOf(containers->load(container.id).takeError()), FaultKind::NotFound);
  Container next = made("web");
  must(containers->add(next));  // the name is free
}

TEST_F(ContainerStoreTest, WhatIsTakenOutStaysInPlaceWithoutStaging) {
  Container container = added();
  EXPECT_EQ(must(containers_->takeOut(container.id)), containers_->directory(container.id).path());
}

}  // namespace
}  // namespace strata::runtime
