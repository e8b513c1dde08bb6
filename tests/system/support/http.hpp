#pragma once

#include <string>
#include <string_view>

namespace sluice::system_test {

struct HttpReply {
  long status = 0;  ///< 0: no answer
  std::string content_type;
  std::string body;
};

/// GET over loopback; waits a few seconds at most.
HttpReply http_get(const std::string& url);

/// A text as part of a URL's query.
std::string url_escaped(std::string_view text);

}  // namespace sluice::system_test
