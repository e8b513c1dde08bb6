#include "tests/ingest/kafka/direct/tls_server.hpp"

#include <array>
#include <csignal>
#include <memory>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::wire_test {
namespace {

struct Free {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* session) const noexcept { SSL_free(session); }
};
template <class Kind>
using Owned = std::unique_ptr<Kind, Free>;

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

Owned<SSL_CTX> server_context(const OwnCertificate& own) {
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  const Owned<BIO> certificate_text(BIO_new_mem_buf(own.certificate.data(), -1));
  const Owned<X509> certificate(
      PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
  const Owned<BIO> key_text(BIO_new_mem_buf(own.key.data(), -1));
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    throw std::runtime_error("no certificate for the server");
  }
  return context;
}

void echo_plain(int socket) {
  std::array<char, 4'096> bytes{};
  for (ssize_t size = 0; (size = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0;) {
    for (ssize_t sent = 0; sent < size;) {
      const ssize_t more =
          ::send(socket, bytes.data() + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
      if (more <= 0) return;
      sent += more;
    }
  }
}

void echo_secured(int socket, SSL_CTX* context) {
  const Owned<SSL> session(SSL_new(context));
  SSL_set_fd(session.get(), socket);
  if (SSL_accept(session.get()) != 1) return;
  std::array<char, 4'096> bytes{};
  for (int size = 0; (size = SSL_read(session.get(), bytes.data(), bytes.size())) > 0;) {
    if (SSL_write(session.get(), bytes.data(), size) != size) return;
  }
}

}  // namespace

OwnCertificate::OwnCertificate(const std::string& alternative) {
  const Owned<EVP_PKEY> pair(EVP_EC_gen("P-256"));
  const Owned<X509> made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3'600);
  X509_set_pubkey(made.get(), pair.get());
  X509_NAME* const name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  const Owned<X509_EXTENSION> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str()));
  X509_add_ext(made.get(), names.get(), -1);
  if (X509_sign(made.get(), pair.get(), EVP_sha256()) == 0) {
    throw std::runtime_error("no certificate could be made");
  }
  const Owned<BIO> certificate_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_text.get(), made.get());
  certificate = text_of(certificate_text.get());
  const Owned<BIO> key_text(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(key_text.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
  key = text_of(key_text.get());
}

EchoServer::EchoServer(const OwnCertificate* own)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::signal(SIGPIPE, SIG_IGN);  // a client may close while the server still writes
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 1) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no listener for the server");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread(
      [listener = listener_, context = own == nullptr ? Owned<SSL_CTX>() : server_context(*own)] {
        const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        context ? echo_secured(socket, context.get()) : echo_plain(socket);
        ::close(socket);
      });
}

EchoServer::~EchoServer() {
  ::shutdown(listener_, SHUT_RDWR);  // ends an accept that nobody came for
  thread_.join();
  ::close(listener_);
}

}  // namespace sluice::wire_test
