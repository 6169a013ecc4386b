"""What parameters add to the packaged template of prod: CloudFront, a firewall, a domain, keys, warm instances."""

import hashlib
import unittest

from packaged import EDGE, PEMS, NotPackaged, Packaged, packaged

# The rules of AWS' managed groups as known on 2026-11-21: first those that are to block, then those that are to count.
RULES = {
    "AWSManagedRulesCommonRuleSet": ("""
        UserAgent_BadBots_HEADER SizeRestrictions_Cookie_HEADER SizeRestrictions_URIPATH EC2MetaDataSSRF_COOKIE
        EC2MetaDataSSRF_URIPATH GenericLFI_URIPATH GenericRFI_URIPATH RestrictedExtensions_URIPATH
        CrossSiteScripting_COOKIE CrossSiteScripting_URIPATH
        """, """
        NoUserAgent_HEADER SizeRestrictions_QUERYSTRING SizeRestrictions_BODY EC2MetaDataSSRF_BODY
        EC2MetaDataSSRF_QUERYARGUMENTS GenericLFI_QUERYARGUMENTS GenericLFI_BODY GenericRFI_QUERYARGUMENTS GenericRFI_BODY
        RestrictedExtensions_QUERYARGUMENTS CrossSiteScripting_QUERYARGUMENTS CrossSiteScripting_BODY
        """),
    "AWSManagedRulesKnownBadInputsRuleSet": ("""
        JavaDeserializationRCE_HEADER JavaDeserializationRCE_URIPATH Host_localhost_HEADER PROPFIND_METHOD
        ExploitablePaths_URIPATH Log4JRCE_HEADER Log4JRCE_URIPATH
        """, """
        JavaDeserializationRCE_BODY JavaDeserializationRCE_QUERYSTRING Log4JRCE_QUERYSTRING Log4JRCE_BODY ReactJSRCE_BODY
        """),
}


class Edge(Packaged):
    def test_nothing_of_the_edge_is_there_unasked(self):
        edge = {"ApiDomain", "ApiDomainMapping", "ApiDomainRecord", "Cdn", "CdnBytes", "CdnKeys", "Firewall", "FirewallOfStage"}
        self.assertFalse(edge & self.resources.keys())
        self.assertLessEqual(edge, self.edge.keys())

    def test_every_method_asks_for_a_key_where_keys_are_required_and_none_elsewhere(self):
        def asks(resources):
            methods = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::ApiGateway::Method"]
            self.assertGreater(len(methods), 30)
            return {method["ApiKeyRequired"] for method in methods}

        self.assertEqual((asks(self.resources), asks(self.edge)), ({False}, {True}))

    def test_the_edge_caches_bytes_by_path_and_accept_and_wants_them_signed(self):
        cache = self.edge["CdnBytes"]["Properties"]["CachePolicyConfig"]
        key = cache["ParametersInCacheKeyAndForwardedToOrigin"]
        self.assertEqual(key["HeadersConfig"], {"HeaderBehavior": "whitelist", "Headers": ["Accept"]})
        self.assertEqual(key["QueryStringsConfig"], {"QueryStringBehavior": "all"})
        # 0: what says `private` or nothing is not kept.
        self.assertEqual((cache["MinTTL"], cache["DefaultTTL"], cache["MaxTTL"]), (0, 0, 86400))
        distribution = self.edge["Cdn"]["Properties"]["DistributionConfig"]
        uncached = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        policies = {"content": {"Ref": "CdnBytes"}, "download": uncached}
        self.assertEqual(
            {behavior["PathPattern"]: (behavior["CachePolicyId"], behavior["TrustedKeyGroups"]) for behavior in distribution["CacheBehaviors"]},
            {f"{base}/images/*/{end}": (policy, [{"Ref": "CdnKeys"}]) for base in ("", "/api/v1") for end, policy in policies.items()})
        self.assertEqual(distribution["DefaultCacheBehavior"]["CachePolicyId"], uncached)

    def test_the_firewall_blocks_by_path_cookie_and_header_and_counts_what_it_says_of_images_and_words(self):
        overridden = {}
        for rule in self.edge["Firewall"]["Properties"]["Rules"][1:]:
            group = rule["Statement"]["ManagedRuleGroupStatement"]
            overrides = group["RuleActionOverrides"]
            self.assertEqual([override["ActionToUse"] for override in overrides], [{"Count": {}}] * len(overrides))
            overridden[group["Name"]] = {override["Name"] for override in overrides}
        self.assertEqual(overridden, {group: set(counting.split()) for group, (_, counting) in RULES.items()})
        left = [rule for blocking, _ in RULES.values() for rule in blocking.split()]
        self.assertFalse([rule for rule in left if rule.endswith(("_BODY", "_QUERYSTRING", "_QUERYARGUMENTS"))])

    def test_addresses_are_counted_where_clients_come_from_them(self):
        # Before CloudFront, by a list of rules of its own; at the API, where there is no CloudFront.
        distribution = self.edge["Cdn"]["Properties"]["DistributionConfig"]
        self.assertEqual(distribution["WebACLId"], {"Fn::If": ["HasCdnWebAcl", EDGE["cdnWebAclArn"], {"Ref": "AWS::NoValue"}]})
        self.assertEqual(self.edge["Firewall"]["Properties"]["Rules"][0], {"Ref": "AWS::NoValue"})
        resources = packaged("dev", waf="true")
        rules = resources["Firewall"]["Properties"]["Rules"]
        self.assertEqual(rules[0]["Statement"]["RateBasedStatement"], {"AggregateKeyType": "IP", "Limit": 2000})
        self.assertEqual([rule["Priority"] for rule in rules], [0, 1, 2])

    def test_a_key_of_cloudfront_is_the_pem_again_and_named_by_what_it_is(self):
        found = {n: r["Properties"]["PublicKeyConfig"] for n, r in self.edge.items() if r["Type"] == "AWS::CloudFront::PublicKey"}
        self.assertEqual([key["EncodedKey"] for key in found.values()], PEMS)
        self.assertEqual(self.edge["CdnKeys"]["Properties"]["KeyGroupConfig"]["Items"], [{"Ref": name} for name in found])
        for name, key in found.items():
            digest = hashlib.sha256(key["EncodedKey"].encode()).hexdigest()[:16]
            self.assertEqual(name, f"CdnKey{digest}")
            self.assertEqual(key["Name"], {"Fn::Sub": f"shoebox-prod-${{AWS::Region}}-{digest}"})
            self.assertEqual(key["CallerReference"], key["Name"])

    def test_what_is_no_key_for_cloudfront_is_refused_before_anything_is_deployed(self):
        # As no key, as a PEM in one line, and of a curve that CloudFront does not take.
        p384 = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEVw4WUiQs+PNUuXCHjQQphAGgxtqpoTeY8gL5fTcKuz8I/X8uSNkENPIZBEeuTiC3trziIqjVnUlUHbT1PyOtL5AYEi8XXtkhDpA31ww+086EDa1U48e6i8cSiYnuniqu"
        for key in ("key", PEMS[0].replace("\n", ""), p384):
            with self.assertRaisesRegex(NotPackaged, "cdnPublicKeys: "):
                packaged("dev", cdn="true", cdnPublicKeys=key)

    def test_without_keys_nothing_has_to_be_signed(self):
        resources = packaged("dev", cdn="true")
        self.assertNotIn("CdnKeys", resources)
        behaviors = resources["Cdn"]["Properties"]["DistributionConfig"]["CacheBehaviors"]
        self.assertEqual([behavior["TrustedKeyGroups"] for behavior in behaviors], [{"Ref": "AWS::NoValue"}] * 4)

    def test_links_name_the_domain_that_clients_use(self):
        def base(resources):
            return resources["UploadLambdaFunction"]["Properties"]["Environment"]["Variables"]["PUBLIC_BASE_URL"]

        self.assertEqual(base(self.resources), "")
        self.assertEqual(base(packaged("dev", cdn="true")), "")
        domain = {name: EDGE[name] for name in ("domain", "domainName", "certificateArn")}
        self.assertEqual(base(packaged("dev", **domain)), "https://images.example.com")
        self.assertEqual(base(self.edge), "https://cdn.example.com")
        given = "https://proxy.example.com/pictures"
        self.assertEqual(base(packaged("dev", publicBaseUrl=given, **domain)), given)

    def test_provisioned_instances_are_those_of_upload_list_and_get(self):
        aliases = {n for n, r in self.edge.items() if r["Type"] == "AWS::Lambda::Alias"}
        self.assertEqual(aliases, {f"{name}ProvConcLambdaAlias" for name in ("Upload", "List", "Get")})
        self.assertFalse(self.of_type("AWS::Lambda::Alias"))


if __name__ == "__main__":
    unittest.main()
