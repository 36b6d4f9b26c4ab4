/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabularies and enumerations of STIX 2.1 §10, each as "|word|word|". */
#include "stix/model_priv.h"

const char words_account_type[] = "|facebook|ldap|nis|openid|radius|skype|tacacs|twitter|unix|windows-local|windows-domain|";
const char words_attack_motivation[] =
	"|accidental|coercion|dominance|ideology|notoriety|organizational-gain|personal-gain|personal-satisfaction|revenge|unpredictable|";
const char words_attack_resource_level[] = "|individual|club|contest|team|organization|government|";
const char words_encryption_algorithm[] = "|AES-256-GCM|ChaCha20-Poly1305|mime-type-indicated|";
const char words_extension_type[] = "|new-sdo|new-sco|new-sro|property-extension|toplevel-property-extension|";
const char words_grouping_context[] = "|suspicious-activity|malware-analysis|unspecified|";
const char words_hash_algorithm[] = "|MD5|SHA-1|SHA-256|SHA-512|SHA3-256|SHA3-512|SSDEEP|TLSH|";
const char words_identity_class[] = "|individual|group|system|organization|class|unknown|";
const char words_implementation_language[] = "|applescript|bash|c|c++|c#|go|java|javascript|lua|objective-c|perl|php|powershell|python|ruby|rust|scala|swift|"
					     "typescript|visual-basic|x86-32|x86-64|";
const char words_indicator_type[] = "|anomalous-activity|anonymization|benign|compromised|malicious-activity|attribution|unknown|";
const char words_industry_sector[] =
	"|agriculture|aerospace|automotive|chemical|commercial|communications|construction|defense|education|energy|entertainment|financial-services|"
	"government|emergency-services|government-local|government-national|government-public-services|government-regional|healthcare|"
	"hospitality-leisure|infrastructure|dams|nuclear|water|insurance|legal|manufacturing|mining|non-profit|pharmaceuticals|retail|technology|"
	"telecommunications|transportation|utilities|";
const char words_infrastructure_type[] =
	"|amplification|anonymization|botnet|command-and-control|control-system|exfiltration|firewall|hosting-malware|hosting-target-lists|phishing|"
	"reconnaissance|routers-switches|staging|workstation|unknown|";
const char words_malware_result[] = "|malicious|suspicious|benign|unknown|";
const char words_malware_capabilities[] =
	"|accesses-remote-machines|anti-debugging|anti-disassembly|anti-emulation|anti-memory-forensics|anti-sandbox|anti-vm|"
	"captures-input-peripherals|captures-output-peripherals|captures-system-state-data|cleans-traces-of-infection|commits-fraud|"
	"communicates-with-c2|compromises-data-availability|compromises-data-integrity|compromises-system-availability|controls-local-machine|"
	"degrades-security-software|degrades-system-updates|determines-c2-server|emails-spam|escalates-privileges|evades-av|exfiltrates-data|"
	"fingerprints-host|hides-artifacts|hides-executing-code|infects-files|infects-remote-machines|installs-other-components|"
	"persists-after-system-reboot|prevents-artifact-access|prevents-artifact-deletion|probes-network-environment|self-modifies|"
	"steals-authentication-credentials|violates-system-operational-integrity|";
const char words_malware_type[] =
	"|adware|backdoor|bot|bootkit|ddos|downloader|dropper|exploit-kit|keylogger|ransomware|remote-access-trojan|resource-exploitation|"
	"rogue-security-software|rootkit|screen-capture|spyware|trojan|unknown|virus|webshell|wiper|worm|";
const char words_address_family[] = "|AF_UNSPEC|AF_INET|AF_IPX|AF_APPLETALK|AF_NETBIOS|AF_INET6|AF_IRDA|AF_BTH|";
const char words_socket_type[] = "|SOCK_STREAM|SOCK_DGRAM|SOCK_RAW|SOCK_RDM|SOCK_SEQPACKET|";
const char words_opinion[] = "|strongly-disagree|disagree|neutral|agree|strongly-agree|";
const char words_pattern_type[] = "|stix|pcre|sigma|snort|suricata|yara|";
const char words_processor[] = "|alpha|arm|ia-64|mips|powerpc|sparc|x86|x86-64|";
const char words_region[] =
	"|africa|eastern-africa|middle-africa|northern-africa|southern-africa|western-africa|americas|latin-america-caribbean|south-america|"
	"caribbean|central-america|northern-america|asia|central-asia|eastern-asia|southern-asia|south-eastern-asia|western-asia|europe|"
	"eastern-europe|northern-europe|southern-europe|western-europe|oceania|antarctica|australia-new-zealand|melanesia|micronesia|polynesia|";
const char words_report_type[] =
	"|attack-pattern|campaign|identity|incident|indicator|intrusion-set|malware|observed-data|threat-actor|threat-report|tool|vulnerability|";
const char words_actor_type[] = "|activist|competitor|crime-syndicate|criminal|hacker|insider-accidental|insider-disgruntled|nation-state|private-sector|sensationalist|"
				"spy|terrorist|unknown|";
const char words_actor_role[] = "|agent|director|independent|infrastructure-architect|infrastructure-operator|malware-author|sponsor|";
const char words_actor_skill[] = "|none|minimal|intermediate|advanced|expert|innovator|strategic|";
const char words_tool_type[] = "|denial-of-service|exploitation|information-gathering|network-capture|credential-exploitation|remote-access|"
			       "vulnerability-scanning|unknown|";
const char words_integrity_level[] = "|low|medium|high|system|";
const char words_pe_type[] = "|dll|exe|sys|";
const char words_registry_type[] =
	"|REG_NONE|REG_SZ|REG_EXPAND_SZ|REG_BINARY|REG_DWORD|REG_DWORD_BIG_ENDIAN|REG_DWORD_LITTLE_ENDIAN|REG_LINK|REG_MULTI_SZ|REG_RESOURCE_LIST|"
	"REG_FULL_RESOURCE_DESCRIPTION|REG_RESOURCE_REQUIREMENTS_LIST|REG_QWORD|REG_INVALID_TYPE|";
const char words_service_start[] = "|SERVICE_AUTO_START|SERVICE_BOOT_START|SERVICE_DEMAND_START|SERVICE_DISABLED|SERVICE_SYSTEM_ALERT|";
const char words_service_type[] = "|SERVICE_KERNEL_DRIVER|SERVICE_FILE_SYSTEM_DRIVER|SERVICE_WIN32_OWN_PROCESS|SERVICE_WIN32_SHARE_PROCESS|";
const char words_service_status[] = "|SERVICE_CONTINUE_PENDING|SERVICE_PAUSE_PENDING|SERVICE_PAUSED|SERVICE_RUNNING|SERVICE_START_PENDING|"
				    "SERVICE_STOP_PENDING|SERVICE_STOPPED|";
const char words_spec_version[] = "|2.0|2.1|";

bool model_word(const char *words, struct span word)
{
	for (const char *p = words + 1; *p; p++) {
		size_t n = 0;
		while (n < word.n && p[n] == word.p[n] && p[n] != '|')
			n++;
		if (n == word.n && p[n] == '|')
			return true;
		p += n;
		while (*p != '|')
			p++;
	}
	return false;
}
