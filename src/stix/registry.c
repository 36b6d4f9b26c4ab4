/* SPDX-License-Identifier: Apache-2.0 */
/* The small registries that STIX takes names from, and the search in all of them. */
#include "stix/registry_priv.h"
#include "stix/model_priv.h"

/* clang-format off */
/* IANA character sets: the preferred MIME name, else the name (STIX 2.1 §3.9.1); as of 2025, CC0. */
const char *const registry_charsets[] = {
	"|ANSI_X3.110-1983|ASMO_449|Adobe-Standard-Encoding|Adobe-Symbol-Encoding|Amiga-1251|BOCU-1|BRF|BS_4730|BS_viewdata|Big5|Big5-HKSCS|CESU-8|",
	"|CP50220|CP51932|CSA_Z243.4-1985-1|CSA_Z243.4-1985-2|CSA_Z243.4-1985-gr|CSN_369103|DEC-MCS|DIN_66003|DS_2089|EBCDIC-AT-DE|EBCDIC-AT-DE-A|",
	"|EBCDIC-CA-FR|EBCDIC-DK-NO|EBCDIC-DK-NO-A|EBCDIC-ES|EBCDIC-ES-A|EBCDIC-ES-S|EBCDIC-FI-SE|EBCDIC-FI-SE-A|EBCDIC-FR|EBCDIC-IT|EBCDIC-PT|",
	"|EBCDIC-UK|EBCDIC-US|ECMA-cyrillic|ES|ES2|EUC-JP|EUC-KR|Extended_UNIX_Code_Fixed_Width_for_Japanese|GB18030|GB2312|GBK|GB_1988-80|",
	"|GB_2312-80|GOST_19768-74|HP-DeskTop|HP-Legal|HP-Math8|HP-Pi-font|HZ-GB-2312|IBM-Symbols|IBM-Thai|IBM00858|IBM00924|IBM01140|IBM01141|",
	"|IBM01142|IBM01143|IBM01144|IBM01145|IBM01146|IBM01147|IBM01148|IBM01149|IBM037|IBM038|IBM1026|IBM1047|IBM273|IBM274|IBM275|IBM277|IBM278|",
	"|IBM280|IBM281|IBM284|IBM285|IBM290|IBM297|IBM420|IBM423|IBM424|IBM437|IBM500|IBM775|IBM850|IBM851|IBM852|IBM855|IBM857|IBM860|IBM861|",
	"|IBM862|IBM863|IBM864|IBM865|IBM866|IBM868|IBM869|IBM870|IBM871|IBM880|IBM891|IBM903|IBM904|IBM905|IBM918|IEC_P27-1|INIS|INIS-8|",
	"|INIS-cyrillic|INVARIANT|ISO-10646-J-1|ISO-10646-UCS-2|ISO-10646-UCS-4|ISO-10646-UCS-Basic|ISO-10646-UTF-1|ISO-10646-Unicode-Latin1|",
	"|ISO-11548-1|ISO-2022-CN|ISO-2022-CN-EXT|ISO-2022-JP|ISO-2022-JP-2|ISO-2022-KR|ISO-8859-1|ISO-8859-1-Windows-3.0-Latin-1|",
	"|ISO-8859-1-Windows-3.1-Latin-1|ISO-8859-10|ISO-8859-13|ISO-8859-14|ISO-8859-15|ISO-8859-16|ISO-8859-2|ISO-8859-2-Windows-Latin-2|",
	"|ISO-8859-3|ISO-8859-4|ISO-8859-5|ISO-8859-6|ISO-8859-6-E|ISO-8859-6-I|ISO-8859-7|ISO-8859-8|ISO-8859-8-E|ISO-8859-8-I|ISO-8859-9|",
	"|ISO-8859-9-Windows-Latin-5|ISO-Unicode-IBM-1261|ISO-Unicode-IBM-1264|ISO-Unicode-IBM-1265|ISO-Unicode-IBM-1268|ISO-Unicode-IBM-1276|",
	"|ISO_10367-box|ISO_2033-1983|ISO_5427|ISO_5427:1981|ISO_5428:1980|ISO_646.basic:1983|ISO_646.irv:1983|ISO_6937-2-25|ISO_6937-2-add|",
	"|ISO_8859-supp|IT|JIS_C6220-1969-jp|JIS_C6220-1969-ro|JIS_C6226-1978|JIS_C6226-1983|JIS_C6229-1984-a|JIS_C6229-1984-b|JIS_C6229-1984-b-add|",
	"|JIS_C6229-1984-hand|JIS_C6229-1984-hand-add|JIS_C6229-1984-kana|JIS_Encoding|JIS_X0201|JIS_X0212-1990|JUS_I.B1.002|JUS_I.B1.003-mac|",
	"|JUS_I.B1.003-serb|KOI7-switched|KOI8-R|KOI8-U|KSC5636|KS_C_5601-1987|KZ-1048|Latin-greek-1|MNEM|MNEMONIC|MSZ_7795.3|Microsoft-Publishing|",
	"|NATS-DANO|NATS-DANO-ADD|NATS-SEFI|NATS-SEFI-ADD|NC_NC00-10:81|NF_Z_62-010|NF_Z_62-010_(1973)|NS_4551-1|NS_4551-2|OSD_EBCDIC_DF03_IRV|",
	"|OSD_EBCDIC_DF04_1|OSD_EBCDIC_DF04_15|PC8-Danish-Norwegian|PC8-Turkish|PT|PT2|PTCP154|SCSU|SEN_850200_B|SEN_850200_C|Shift_JIS|T.101-G2|",
	"|T.61-7bit|T.61-8bit|TIS-620|TSCII|UNICODE-1-1|UNICODE-1-1-UTF-7|UNKNOWN-8BIT|US-ASCII|UTF-16|UTF-16BE|UTF-16LE|UTF-32|UTF-32BE|UTF-32LE|",
	"|UTF-7|UTF-7-IMAP|UTF-8|VIQR|VISCII|Ventura-International|Ventura-Math|Ventura-US|Windows-31J|dk-us|greek-ccitt|greek7|greek7-old|hp-roman8|",
	"|iso-ir-90|latin-greek|latin-lap|macintosh|us-dk|videotex-suppl|windows-1250|windows-1251|windows-1252|windows-1253|windows-1254|",
	"|windows-1255|windows-1256|windows-1257|windows-1258|windows-874|",
	NULL,
};

/* IANA IPFIX information elements; as of 2025, CC0. */
const char *const registry_ipfix[] = {
	"|IPSecSPI|Reserved|Unassigned|VRFname|absoluteError|addressPoolHighThreshold|addressPoolLowThreshold|addressPortMappingHighThreshold|",
	"|addressPortMappingLowThreshold|addressPortMappingPerUserHighThreshold|anonymizationFlags|anonymizationTechnique|applicationCategoryName|",
	"|applicationDescription|applicationGroupName|applicationId|applicationName|applicationSubCategoryName|basicList|bgpCommunity|",
	"|bgpDestinationAsNumber|bgpDestinationCommunityList|bgpDestinationExtendedCommunityList|bgpDestinationLargeCommunityList|",
	"|bgpExtendedCommunity|bgpLargeCommunity|bgpNextAdjacentAsNumber|bgpNextHopIPv4Address|bgpNextHopIPv6Address|bgpPrevAdjacentAsNumber|",
	"|bgpSourceAsNumber|bgpSourceCommunityList|bgpSourceExtendedCommunityList|bgpSourceLargeCommunityList|bgpValidityState|biflowDirection|",
	"|classId|className|classificationEngineId|collectionTimeMilliseconds|collectorCertificate|collectorIPv4Address|collectorIPv6Address|",
	"|collectorTransportPort|commonPropertiesId|confidenceLevel|connectionSumDurationSeconds|connectionTransactionId|dataLinkFrameSection|",
	"|dataLinkFrameSize|dataLinkFrameType|dataRecordsReliability|deltaFlowCount|destinationIPv4Address|destinationIPv4Prefix|",
	"|destinationIPv4PrefixLength|destinationIPv6Address|destinationIPv6Prefix|destinationIPv6PrefixLength|destinationMacAddress|",
	"|destinationTransportPort|digestHashValue|distinctCountOfDestinationIPAddress|distinctCountOfDestinationIPv4Address|",
	"|distinctCountOfDestinationIPv6Address|distinctCountOfSourceIPAddress|distinctCountOfSourceIPv4Address|distinctCountOfSourceIPv6Address|",
	"|dot1qCustomerDEI|dot1qCustomerDestinationMacAddress|dot1qCustomerPriority|dot1qCustomerSourceMacAddress|dot1qCustomerVlanId|dot1qDEI|",
	"|dot1qPriority|dot1qServiceInstanceId|dot1qServiceInstancePriority|dot1qServiceInstanceTag|dot1qVlanId|droppedLayer2OctetDeltaCount|",
	"|droppedLayer2OctetTotalCount|droppedOctetDeltaCount|droppedOctetTotalCount|droppedPacketDeltaCount|droppedPacketTotalCount|dstTrafficIndex|",
	"|egressBroadcastPacketTotalCount|egressInterface|egressInterfaceType|egressPhysicalInterface|egressUnicastPacketTotalCount|egressVRFID|",
	"|encryptedTechnology|engineId|engineType|ethernetHeaderLength|ethernetPayloadLength|ethernetTotalLength|ethernetType|exportInterface|",
	"|exportProtocolVersion|exportSctpStreamId|exportTransportProtocol|exportedFlowRecordTotalCount|exportedMessageTotalCount|",
	"|exportedOctetTotalCount|exporterCertificate|exporterIPv4Address|exporterIPv6Address|exporterTransportPort|exportingProcessId|",
	"|externalAddressRealm|firewallEvent|flagsAndSamplerId|flowActiveTimeout|flowDirection|flowDurationMicroseconds|flowDurationMilliseconds|",
	"|flowEndDeltaMicroseconds|flowEndMicroseconds|flowEndMilliseconds|flowEndNanoseconds|flowEndReason|flowEndSeconds|flowEndSysUpTime|flowId|",
	"|flowIdleTimeout|flowKeyIndicator|flowLabelIPv6|flowSamplingTimeInterval|flowSamplingTimeSpacing|flowSelectedFlowDeltaCount|",
	"|flowSelectedOctetDeltaCount|flowSelectedPacketDeltaCount|flowSelectorAlgorithm|flowStartDeltaMicroseconds|flowStartMicroseconds|",
	"|flowStartMilliseconds|flowStartNanoseconds|flowStartSeconds|flowStartSysUpTime|forwardingStatus|fragmentFlags|fragmentIdentification|",
	"|fragmentOffset|globalAddressMappingHighThreshold|greKey|hashDigestOutput|hashFlowDomain|hashIPPayloadOffset|hashIPPayloadSize|",
	"|hashInitialiserValue|hashOutputRangeMax|hashOutputRangeMin|hashSelectedRangeMax|hashSelectedRangeMin|httpContentType|httpMessageVersion|",
	"|httpReasonPhrase|httpRequestHost|httpRequestMethod|httpRequestTarget|httpStatusCode|httpUserAgent|icmpCodeIPv4|icmpCodeIPv6|",
	"|icmpTypeCodeIPv4|icmpTypeCodeIPv6|icmpTypeIPv4|icmpTypeIPv6|igmpType|ignoredDataRecordTotalCount|ignoredLayer2FrameTotalCount|",
	"|ignoredLayer2OctetTotalCount|ignoredOctetTotalCount|ignoredPacketTotalCount|informationElementDataType|informationElementDescription|",
	"|informationElementId|informationElementIndex|informationElementName|informationElementRangeBegin|informationElementRangeEnd|",
	"|informationElementSemantics|informationElementUnits|ingressBroadcastPacketTotalCount|ingressInterface|ingressInterfaceType|",
	"|ingressMulticastPacketTotalCount|ingressPhysicalInterface|ingressUnicastPacketTotalCount|ingressVRFID|initiatorOctets|initiatorPackets|",
	"|interfaceDescription|interfaceName|intermediateProcessId|internalAddressRealm|ipClassOfService|ipDiffServCodePoint|ipHeaderLength|",
	"|ipHeaderPacketSection|ipNextHopIPv4Address|ipNextHopIPv6Address|ipPayloadLength|ipPayloadPacketSection|ipPrecedence|ipTTL|ipTotalLength|",
	"|ipVersion|ipv4IHL|ipv4Options|ipv4RouterSc|ipv6ExtensionHeaders|isMulticast|layer2FrameDeltaCount|layer2FrameTotalCount|",
	"|layer2OctetDeltaCount|layer2OctetDeltaSumOfSquares|layer2OctetTotalCount|layer2OctetTotalSumOfSquares|layer2SegmentId|",
	"|layer2packetSectionData|layer2packetSectionOffset|layer2packetSectionSize|lineCardId|lowerCILimit|maxBIBEntries|maxEntriesPerUser|",
	"|maxExportSeconds|maxFlowEndMicroseconds|maxFlowEndMilliseconds|maxFlowEndNanoseconds|maxFlowEndSeconds|maxFragmentsPendingReassembly|",
	"|maxSessionEntries|maxSubscribers|maximumIpTotalLength|maximumLayer2TotalLength|maximumTTL|messageMD5Checksum|messageScope|",
	"|meteringProcessId|metroEvcId|metroEvcType|mibCaptureTimeSemantics|mibContextEngineID|mibContextName|mibIndexIndicator|mibModuleName|",
	"|mibObjectDescription|mibObjectIdentifier|mibObjectName|mibObjectSyntax|mibObjectValueBits|mibObjectValueCounter|mibObjectValueGauge|",
	"|mibObjectValueIPAddress|mibObjectValueInteger|mibObjectValueOID|mibObjectValueOctetString|mibObjectValueRow|mibObjectValueTable|",
	"|mibObjectValueTimeTicks|mibObjectValueUnsigned|mibSubIdentifier|minExportSeconds|minFlowStartMicroseconds|minFlowStartMilliseconds|",
	"|minFlowStartNanoseconds|minFlowStartSeconds|minimumIpTotalLength|minimumLayer2TotalLength|minimumTTL|mobileIMSI|mobileMSISDN|",
	"|monitoringIntervalEndMilliSeconds|monitoringIntervalStartMilliSeconds|mplsLabelStackDepth|mplsLabelStackLength|mplsLabelStackSection|",
	"|mplsLabelStackSection10|mplsLabelStackSection2|mplsLabelStackSection3|mplsLabelStackSection4|mplsLabelStackSection5|mplsLabelStackSection6|",
	"|mplsLabelStackSection7|mplsLabelStackSection8|mplsLabelStackSection9|mplsPayloadLength|mplsPayloadPacketSection|mplsTopLabelExp|",
	"|mplsTopLabelIPv4Address|mplsTopLabelIPv6Address|mplsTopLabelPrefixLength|mplsTopLabelStackSection|mplsTopLabelTTL|mplsTopLabelType|",
	"|mplsVpnRouteDistinguisher|multicastReplicationFactor|natEvent|natInstanceID|natOriginatingAddressRealm|natPoolId|natPoolName|",
	"|natQuotaExceededEvent|natThresholdEvent|natType|newConnectionDeltaCount|nextHeaderIPv6|notSentFlowTotalCount|notSentLayer2OctetTotalCount|",
	"|notSentOctetTotalCount|notSentPacketTotalCount|observationDomainId|observationDomainName|observationPointId|observationPointType|",
	"|observationTimeMicroseconds|observationTimeMilliseconds|observationTimeNanoseconds|observationTimeSeconds|observedFlowTotalCount|",
	"|octetDeltaCount|octetDeltaSumOfSquares|octetTotalCount|octetTotalSumOfSquares|opaqueOctets|originalExporterIPv4Address|",
	"|originalExporterIPv6Address|originalFlowsCompleted|originalFlowsInitiated|originalFlowsPresent|originalObservationDomainId|p2pTechnology|",
	"|packetDeltaCount|packetTotalCount|paddingOctets|payloadLengthIPv6|portId|portRangeEnd|portRangeNumPorts|portRangeStart|portRangeStepSize|",
	"|postDestinationMacAddress|postDot1qCustomerVlanId|postDot1qVlanId|postIpClassOfService|postIpDiffServCodePoint|postIpPrecedence|",
	"|postLayer2OctetDeltaCount|postLayer2OctetTotalCount|postMCastLayer2OctetDeltaCount|postMCastLayer2OctetTotalCount|postMCastOctetDeltaCount|",
	"|postMCastOctetTotalCount|postMCastPacketDeltaCount|postMCastPacketTotalCount|postMplsTopLabelExp|postNAPTDestinationTransportPort|",
	"|postNAPTSourceTransportPort|postNATDestinationIPv4Address|postNATDestinationIPv6Address|postNATSourceIPv4Address|postNATSourceIPv6Address|",
	"|postOctetDeltaCount|postOctetTotalCount|postPacketDeltaCount|postPacketTotalCount|postSourceMacAddress|postVlanId|privateEnterpriseNumber|",
	"|protocolIdentifier|pseudoWireControlWord|pseudoWireDestinationIPv4Address|pseudoWireId|pseudoWireType|relativeError|responderOctets|",
	"|responderPackets|rfc3550JitterMicroseconds|rfc3550JitterMilliseconds|rfc3550JitterNanoseconds|rtpSequenceNumber|samplerId|samplerMode|",
	"|samplerName|samplerRandomInterval|samplingAlgorithm|samplingFlowInterval|samplingFlowSpacing|samplingInterval|samplingPacketInterval|",
	"|samplingPacketSpace|samplingPopulation|samplingProbability|samplingSize|samplingTimeInterval|samplingTimeSpace|sectionExportedOctets|",
	"|sectionOffset|selectionSequenceId|selectorAlgorithm|selectorIDTotalFlowsObserved|selectorIDTotalFlowsSelected|selectorId|",
	"|selectorIdTotalPktsObserved|selectorIdTotalPktsSelected|selectorName|sessionScope|sourceIPv4Address|sourceIPv4Prefix|",
	"|sourceIPv4PrefixLength|sourceIPv6Address|sourceIPv6Prefix|sourceIPv6PrefixLength|sourceMacAddress|sourceTransportPort|",
	"|sourceTransportPortsLimit|srcTrafficIndex|srhActiveSegmentIPv6|srhFlagsIPv6|srhIPv6ActiveSegmentType|srhIPv6Section|srhSegmentIPv6|",
	"|srhSegmentIPv6BasicList|srhSegmentIPv6EndpointBehavior|srhSegmentIPv6ListSection|srhSegmentIPv6LocatorLength|srhSegmentsIPv6Left|",
	"|srhTagIPv6|staIPv4Address|staMacAddress|subTemplateList|subTemplateMultiList|systemInitTimeMilliseconds|tcpAckTotalCount|",
	"|tcpAcknowledgementNumber|tcpControlBits|tcpDestinationPort|tcpFinTotalCount|tcpHeaderLength|tcpOptions|tcpPshTotalCount|tcpRstTotalCount|",
	"|tcpSequenceNumber|tcpSourcePort|tcpSynTotalCount|tcpUrgTotalCount|tcpUrgentPointer|tcpWindowScale|tcpWindowSize|templateId|totalLengthIPv4|",
	"|transportOctetDeltaCount|transportPacketDeltaCount|tunnelTechnology|udpDestinationPort|udpMessageLength|udpSourcePort|upperCILimit|",
	"|userName|valueDistributionMethod|virtualStationInterfaceId|virtualStationInterfaceName|virtualStationName|virtualStationUUID|vlanId|",
	"|vpnIdentifier|wlanChannelId|wlanSSID|wtpMacAddress|",
	NULL,
};

/* Header fields of requests: the HTTP field name registry's, and those that browsers and proxies have long sent. */
const char *const registry_headers[] = {
	"|Accept|Accept-CH|Accept-Charset|Accept-Datetime|Accept-Encoding|Accept-Language|Access-Control-Request-Headers|",
	"|Access-Control-Request-Method|Alt-Used|Authorization|Cache-Control|Connection|Content-Disposition|Content-Encoding|Content-Language|",
	"|Content-Length|Content-Location|Content-MD5|Content-Range|Content-Type|Cookie|DNT|DPoP|Date|Depth|Destination|Early-Data|Expect|Forwarded|",
	"|From|Front-End-Https|HTTP2-Settings|Host|If|If-Match|If-Modified-Since|If-None-Match|If-Range|If-Unmodified-Since|Keep-Alive|Last-Event-ID|",
	"|Link|Lock-Token|MIME-Version|Max-Forwards|Origin|Overwrite|Pragma|Prefer|Priority|Proxy-Authorization|Proxy-Connection|Range|Referer|",
	"|SOAPAction|Save-Data|Sec-CH-UA|Sec-CH-UA-Mobile|Sec-CH-UA-Platform|Sec-Fetch-Dest|Sec-Fetch-Mode|Sec-Fetch-Site|Sec-Fetch-User|Sec-GPC|",
	"|Sec-WebSocket-Extensions|Sec-WebSocket-Key|Sec-WebSocket-Protocol|Sec-WebSocket-Version|Service-Worker|TE|TTL|Timeout|Topic|Trailer|",
	"|Transfer-Encoding|Translate|Upgrade|Upgrade-Insecure-Requests|Urgency|User-Agent|Via|Warning|X-ATT-DeviceId|X-Correlation-ID|X-Csrf-Token|",
	"|X-Forwarded-For|X-Forwarded-Host|X-Forwarded-Proto|X-Http-Method-Override|X-Real-IP|X-Request-ID|X-Requested-With|X-UIDH|X-Wap-Profile|",
	"|traceparent|tracestate|",
	NULL,
};

/* Keys of a PDF document information dictionary (ISO 32000-1 §14.3.3). */
const char *const registry_pdf[] = {
	"|Author|CreationDate|Creator|Keywords|ModDate|Producer|Subject|Title|Trapped|",
	NULL,
};
/* clang-format on */

static struct span first_word(const char *line)
{
	return (struct span){ line + 1, strcspn(line + 1, "|") };
}

bool registry_has(const char *const *lines, struct span word)
{
	size_t low = 0, high = 0;
	while (lines[high])
		high++;
	while (high - low > 1) { /* the last line whose first word is not behind ours */
		size_t middle = low + (high - low) / 2;
		if (span_cmp(first_word(lines[middle]), word) <= 0)
			low = middle;
		else
			high = middle;
	}
	return model_word(lines[low], word);
}

bool registry_media_type(struct span type)
{
	const char *slash = type.n ? memchr(type.p, '/', type.n) : NULL;
	for (const struct registry_kind *k = registry_media; slash && k->name; k++) {
		if (span_is((struct span){ type.p, (size_t)(slash - type.p) }, k->name))
			return registry_has(k->types, (struct span){ slash + 1, type.n - (size_t)(slash + 1 - type.p) });
	}
	return false;
}
