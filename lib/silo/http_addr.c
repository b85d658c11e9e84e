#include "base/base.h"
#include "silo/http_int.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/*
 * Addresses that are nobody's in public, by the IANA registries of
 * special-purpose addresses (RFC 6890 and what was added to it): a silo that a
 * cloned repository names must not make us ask the router, the
 * cloud's metadata service or what listens on this machine.
 */
static const struct {
	unsigned char net[4];
	unsigned bits;
	enum near near;
} private4[] = {
	{ { 0, 0, 0, 0 }, 8, NEAR_ELSE },
	{ { 10, 0, 0, 0 }, 8, NEAR_SITE },
	{ { 100, 64, 0, 0 }, 10, NEAR_SITE },
	{ { 127, 0, 0, 0 }, 8, NEAR_HERE },
	{ { 169, 254, 0, 0 }, 16, NEAR_ELSE },
	{ { 172, 16, 0, 0 }, 12, NEAR_SITE },
	{ { 192, 0, 0, 0 }, 24, NEAR_ELSE },
	{ { 192, 0, 2, 0 }, 24, NEAR_ELSE },
	{ { 192, 88, 99, 0 }, 24, NEAR_ELSE },
	{ { 192, 168, 0, 0 }, 16, NEAR_SITE },
	{ { 198, 18, 0, 0 }, 15, NEAR_ELSE },
	{ { 198, 51, 100, 0 }, 24, NEAR_ELSE },
	{ { 203, 0, 113, 0 }, 24, NEAR_ELSE },
	{ { 224, 0, 0, 0 }, 4, NEAR_ELSE },
	{ { 240, 0, 0, 0 }, 4, NEAR_ELSE },
};

/* An IPv4 address inside an IPv6 one: at this byte, behind these bits. */
static const struct {
	unsigned char net[16];
	unsigned bits;
	unsigned at;
} carried[] = {
	{ { [10] = 0xff, 0xff }, 96, 12 },		/* mapped */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12 },		/* NAT64 */
	{ { 0x20, 0x02 }, 16, 2 },			/* 6to4 */
};

static bool within(const unsigned char *addr, const unsigned char *net,
		   unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	return !memcmp(addr, net, bytes) &&
	       (!rest || (addr[bytes] ^ net[bytes]) >> (8 - rest) == 0);
}

static enum near near4(const unsigned char *addr)
{
	for (size_t i = 0; i < ARRAY_SIZE(private4); i++)
		if (within(addr, private4[i].net, private4[i].bits))
			return private4[i].near;
	return NEAR_NOT;
}

/* Only 2000::/3 is in public use, less what was cut out of it. */
static enum near near6(const unsigned char *addr)
{
	static const unsigned char global[16] = { 0x20 };
	static const unsigned char protocol[16] = { 0x20, 0x01, 0x00, 0x00 };
	static const unsigned char example[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	static const unsigned char example2[16] = { 0x3f, 0xff };
	static const unsigned char site[16] = { 0xfc };
	static const unsigned char here[16] = { [15] = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(carried); i++)
		if (within(addr, carried[i].net, carried[i].bits))
			return near4(addr + carried[i].at);
	if (within(addr, here, 128))
		return NEAR_HERE;
	if (within(addr, site, 7))
		return NEAR_SITE;
	return !within(addr, global, 3) || within(addr, protocol, 23) ||
	       within(addr, example, 32) || within(addr, example2, 20) ?
	       NEAR_ELSE : NEAR_NOT;
}

enum near address_near(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, addr, sizeof(in));
		return near4((const unsigned char *)&in.sin_addr);
	}
	if (addr->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, addr, sizeof(in6));
		return near6(in6.sin6_addr.s6_addr);
	}
	return NEAR_ELSE;
}

enum near address_near_text(const char *text)
{
	unsigned char addr[16];
	char bare[INET6_ADDRSTRLEN];
	size_t n = strlen(text);

	if (n > 2 && *text == '[' && n - 2 < sizeof(bare)) {
		memcpy(bare, text + 1, n - 2);
		bare[n - 2] = '\0';
		text = bare;
	}
	if (inet_pton(AF_INET, text, addr) == 1)
		return near4(addr);
	if (inet_pton(AF_INET6, text, addr) == 1)
		return near6(addr);
	if (!strcasecmp(text, "localhost") || ends_with(text, ".localhost"))
		return NEAR_HERE;
	return NEAR_NOT;
}
