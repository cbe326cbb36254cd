"""Words of the language that no name is, unless it is written behind a backslash."""

KEYWORDS = frozenset(
    """
    src dst host net mask port portrange proto protochain gateway less greater broadcast multicast
    and or not len length inbound outbound ifindex llc byte link ether ppp slip fddi tr wlan arp
    rarp ip sctp tcp udp icmp igmp igrp pim vrrp carp ip6 icmp6 ah esp atalk aarp decnet lat sca
    moprc mopdl iso esis es-is isis is-is clnp stp ipx netbeui radio l1 l2 iih lsp snp csnp psnp
    vlan mpls pppoed pppoes geneve icmptype icmpcode icmp-echoreply icmp-unreach icmp-sourcequench
    icmp-redirect icmp-echo icmp-routeradvert icmp-routersolicit icmp-timxceed icmp-paramprob
    icmp-tstamp icmp-tstampreply icmp-ireq icmp-ireqreply icmp-maskreq icmp-maskreply icmp6type
    icmp6code icmp6-destinationunreach icmp6-packettoobig icmp6-timeexceeded icmp6-parameterproblem
    icmp6-echo icmp6-echoreply icmp6-multicastlistenerquery icmp6-multicastlistenerreportv1
    icmp6-multicastlistenerdone icmp6-routersolicit icmp6-routeradvert icmp6-neighborsolicit
    icmp6-neighboradvert icmp6-redirect icmp6-routerrenum icmp6-nodeinformationquery
    icmp6-nodeinformationresponse icmp6-ineighbordiscoverysolicit icmp6-ineighbordiscoveryadvert
    icmp6-multicastlistenerreportv2 icmp6-homeagentdiscoveryrequest icmp6-homeagentdiscoveryreply
    icmp6-mobileprefixsolicit icmp6-mobileprefixadvert icmp6-certpathsolicit icmp6-certpathadvert
    icmp6-multicastrouteradvert icmp6-multicastroutersolicit icmp6-multicastrouterterm tcpflags
    tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr type subtype direction dir
    addr1 address1 addr2 address2 addr3 address3 addr4 address4 ra ta ifname on ruleset rset rulenum
    rnr subrulenum srnr reason action lane metac bcc oam oamf4 oamf4ec oamf4sc sc ilmic connectmsg
    metaconnect vpi vci fisu lssu lsu msu hfisu hlssu hmsu sio opc dpc sls hsio hopc hdpc hsls
    """.split()
)
