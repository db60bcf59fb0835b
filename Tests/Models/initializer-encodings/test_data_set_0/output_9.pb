B
with-emptyJ”d<@†öÇ?Æ;¾hî§?ùK?'E
?