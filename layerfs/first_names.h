#pragma once
/// \file Which of a file's names comes first while a tree is walked: the others become hard links to it.

#include "layerfs/layer_file.h"

#include <cstdint>
#include <map>
#include <string>

namespace strata::layerfs {

/// `Identity`: the same for all names of one file. Memory: the files of which names may still come.
template <typename Identity>
class FirstNames {
public:
  /// Makes the entry a Hardlink if an earlier name of its file was seen. `links`: names that the file has.
  bool becomesHardlink(LayerEntry& entry, const Identity& identity, uint64_t links) {
    if (links < 2) return false;
    auto [found, isFirst] = names_.try_emplace(identity, FirstName{entry.path, links - 1});
    if (isFirst) return false;
    becomeHardlink(entry, found->second.path);
    if (--found->second.unseen == 0) names_.erase(found);
    return true;
  }

private:
  struct FirstName {
    std::string path;
    uint64_t unseen;  ///< names of the file that may still come; at 0 it is forgotten
  };
  std::map<Identity, FirstName> names_;
};

}  // namespace strata::layerfs
